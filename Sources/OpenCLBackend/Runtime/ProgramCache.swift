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
/// `LLS_OPENCL_OPTIONS` is given to the device's compiler, too; it warns only if a `-W` is among them.
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
    private let calls: OpenCLCalls
    private let binaries: BinaryCache?
    private let fma: FMAPolicy
    /// Files that are compiled as one program; the rest are programs of their own.
    private let together: [KernelSource]
    private var programs: [ProgramKey: cl_program] = [:]
    private var kernels: [KernelKey: cl_kernel] = [:]
    private var groupLimits: [cl_kernel: Int] = [:]

    init(
        context: cl_context, device: OpenCLDevice, calls: OpenCLCalls, fma: FMAPolicy,
        binaries folder: CacheFolder?
    ) {
        self.context = context
        self.device = device
        self.calls = calls
        self.fma = fma
        binaries = BinaryCache(device, calls, in: folder)
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
        let kernel = try calls.make("clCreateKernel", "\(name) of \(source.rawValue).cl") {
            $0.clCreateKernel(program, name, $1)
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
        try calls.check("clGetKernelWorkGroupInfo", "of \(kernel)") {
            $0.clGetKernelWorkGroupInfo(
                handle, device.handle, cl_kernel_work_group_info(CL_KERNEL_WORK_GROUP_SIZE),
                MemoryLayout<Int>.size, &size, nil)
        }
        let limit = min(size, device.traits.groupLimits.kernel(kernel))
        groupLimits[handle] = limit
        return limit
    }

    private func program(_ key: ProgramKey) throws -> cl_program {
        if let program = programs[key] { return program }
        let own = Environment.variables["LLS_OPENCL_OPTIONS"]
        // Some drivers print warnings to standard error; those who ask for some get them all.
        let warnings = own?.contains("-W") == true ? [] : ["-w"]
        let options =
            (key.defines.map { "-D \($0.name)=\($0.value)" } + ["-cl-std=CL1.2"] + warnings
            + fma.options(device.traits) + [own].compactMap { $0 })
            .joined(separator: " ")
        let text = (KernelSource.prelude + key.files).map(\.text).joined(separator: "\n")
        if let program = binaries?.program(text, options, in: context) {
            programs[key] = program
            return program
        }
        let program = try calls.make("clCreateProgramWithSource") { functions, status in
            text.withCString { pointer in
                var line: UnsafePointer<CChar>? = pointer
                return functions.clCreateProgramWithSource(context, 1, &line, nil, status)
            }
        }
        let status = calls.status(of: "clBuildProgram") {
            $0.clBuildProgram(program, 0, nil, options, nil, nil)
        }
        guard status == CL_SUCCESS else {
            let log = try? calls.text("clGetProgramBuildInfo") { functions, size, value, needed in
                functions.clGetProgramBuildInfo(
                    program, device.handle, cl_program_build_info(CL_PROGRAM_BUILD_LOG), size,
                    value, needed)
            }
            calls.release("clReleaseProgram") { $0.clReleaseProgram(program) }
            if DeviceTraits.isPoCL(device.traits.platform), let problem = DriverCache.problem() {
                throw DeviceSelectionError.cacheNotWritable(problem)
            }
            throw KernelBuildError(
                code: status, source: key.files.map(\.rawValue).joined(separator: ".cl, "),
                options: options, device: device.name, log: log ?? "")
        }
        programs[key] = program
        binaries?.keep(program, text, options)
        return program
    }

    deinit {
        for kernel in kernels.values {
            calls.release("clReleaseKernel") { $0.clReleaseKernel(kernel) }
        }
        for program in programs.values {
            calls.release("clReleaseProgram") { $0.clReleaseProgram(program) }
        }
    }
}
