import COpenCL
import FileFormats
import Foundation
import KernelSources

/// A preprocessor constant that a kernel file is compiled with.
struct KernelDefine: Hashable {
    let name: String
    let value: Int

    init(_ name: String, _ value: Int) {
        self.name = name
        self.value = value
    }
}

/// Programs by file and constants, kernels by program and name; each is built once. The text of
/// `LLS_OPENCL_OPTIONS` is given to the device's compiler, too.
final class ProgramCache {
    private struct ProgramKey: Hashable {
        let files: [KernelSource]
        let defines: [KernelDefine]
    }
    private struct KernelKey: Hashable {
        let program: ProgramKey
        let name: String
    }

    private let context: cl_context
    private let device: OpenCLDevice
    private let binaries: BinaryCache?
    private let fma: FMAPolicy
    /// Files that are compiled as one program; the rest are programs of their own.
    private let together: [KernelSource]
    private var programs: [ProgramKey: cl_program] = [:]
    private var kernels: [KernelKey: cl_kernel] = [:]
    private var groupLimits: [cl_kernel: Int] = [:]

    init(
        context: cl_context, device: OpenCLDevice, fma: FMAPolicy,
        binaries folder: CacheFolder?
    ) {
        self.context = context
        self.device = device
        self.fma = fma
        binaries = BinaryCache(device, in: folder)
        together =
            device.traits.prefersOneProgram
            ? [
                .elementwise, .normalization, .pooling, .loss, .localLoss, .batchNormPool,
                .optimizer,
            ] : []
    }

    func kernel(_ source: KernelSource, _ name: String, _ defines: [KernelDefine]) throws
        -> cl_kernel
    {
        let files = together.contains(source) ? together : [source]
        let key = KernelKey(program: ProgramKey(files: files, defines: defines), name: name)
        if let kernel = kernels[key] { return kernel }
        let program = try program(key.program)
        var status: cl_int = 0
        guard let kernel = clCreateKernel(program, name, &status) else {
            throw OpenCLError(
                code: status, call: "clCreateKernel \(name) of \(source.rawValue).cl")
        }
        kernels[key] = kernel
        return kernel
    }

    /// Work-items that a group of `kernel` may have: fewer than the device allows if the kernel needs
    /// many registers.
    ///
    /// - Parameter handle: of the kernel.
    func groupLimit(of kernel: String, _ handle: cl_kernel) throws -> Int {
        if let limit = groupLimits[handle] { return limit }
        var size = 0
        try check(
            clGetKernelWorkGroupInfo(
                handle, device.handle, cl_kernel_work_group_info(CL_KERNEL_WORK_GROUP_SIZE),
                MemoryLayout<Int>.size, &size, nil),
            "clGetKernelWorkGroupInfo of \(kernel)")
        let limit = min(size, device.traits.groupLimits.kernel(kernel))
        groupLimits[handle] = limit
        return limit
    }

    private func program(_ key: ProgramKey) throws -> cl_program {
        if let program = programs[key] { return program }
        let options =
            (key.defines.map { "-D \($0.name)=\($0.value)" } + ["-cl-std=CL1.2"]
            + fma.options(device.traits)
            + [Environment.variables["LLS_OPENCL_OPTIONS"]].compactMap { $0 })
            .joined(separator: " ")
        let text = (KernelSource.prelude + key.files).map(\.text).joined(separator: "\n")
        if let program = binaries?.program(text, options, in: context) {
            programs[key] = program
            return program
        }
        var status: cl_int = 0
        let created = text.withCString { pointer in
            var line: UnsafePointer<CChar>? = pointer
            return clCreateProgramWithSource(context, 1, &line, nil, &status)
        }
        guard let program = created else {
            throw OpenCLError(code: status, call: "clCreateProgramWithSource")
        }
        status = clBuildProgram(program, 0, nil, options, nil, nil)
        guard status == CL_SUCCESS else {
            let log = try? infoText("clGetProgramBuildInfo") { size, value, needed in
                clGetProgramBuildInfo(
                    program, device.handle, cl_program_build_info(CL_PROGRAM_BUILD_LOG), size,
                    value, needed)
            }
            clReleaseProgram(program)
            if DeviceTraits.isPoCL(device.traits.platform), let problem = DriverCache.problem() {
                throw DeviceSelectionError.cacheNotWritable(problem)
            }
            throw KernelBuildError(
                source: key.files.map(\.rawValue).joined(separator: ".cl, "), options: options,
                device: device.name,
                log: log ?? "\(OpenCLError(code: status, call: "clBuildProgram"))")
        }
        programs[key] = program
        binaries?.keep(program, text, options)
        return program
    }

    deinit {
        kernels.values.forEach { clReleaseKernel($0) }
        programs.values.forEach { clReleaseProgram($0) }
    }
}
