import COpenCL
import Foundation

/// Compiled programs on disk, by device, driver, options and source. A program that cannot be read,
/// built or written is compiled as if there were no cache.
struct BinaryCache {
    private let device: OpenCLDevice
    private let calls: OpenCLCalls
    private let folder: CacheFolder

    /// Nil if the driver gains nothing by a cache, or the user has no folder for one.
    ///
    /// - Parameter folder: nil for the usual one.
    init?(_ device: OpenCLDevice, _ calls: OpenCLCalls, in folder: CacheFolder?) {
        let usual = device.traits.wantsBinaryCache ? CacheFolder.named("programs") : nil
        guard let folder = folder ?? usual else { return nil }
        self.device = device
        self.calls = calls
        self.folder = folder
    }

    private func key(_ source: String, _ options: String) -> String {
        [
            device.traits.platform, device.name, device.traits.driver, device.openCLVersion,
            options, fingerprint(source.utf8),
        ].joined(separator: " | ")
    }

    /// The program, ready to use; nil if the cache lacks it or the driver refuses it.
    func program(_ source: String, _ options: String, in context: cl_context) -> cl_program? {
        guard let binary = folder.read(key(source, options), type: "bin"), !binary.isEmpty else {
            return nil
        }
        var handle = device.handle
        var length = binary.count
        var binaryStatus: cl_int = 0
        let program = try? calls.make("clCreateProgramWithBinary") { functions, status in
            binary.withUnsafeBytes { bytes in
                var start = bytes.bindMemory(to: UInt8.self).baseAddress
                return functions.clCreateProgramWithBinary(
                    context, 1, &handle, &length, &start, &binaryStatus, status)
            }
        }
        guard let program else { return nil }
        let isBuilt =
            binaryStatus == CL_SUCCESS
            && calls.status(of: "clBuildProgram") {
                $0.clBuildProgram(program, 0, nil, options, nil, nil)
            } == CL_SUCCESS
        if !isBuilt { calls.release("clReleaseProgram") { $0.clReleaseProgram(program) } }
        return isBuilt ? program : nil
    }

    /// Keeps a program that was built from source.
    func keep(_ program: cl_program, _ source: String, _ options: String) {
        var length = 0
        let sized = calls.status(of: "clGetProgramInfo") {
            $0.clGetProgramInfo(
                program, cl_program_info(CL_PROGRAM_BINARY_SIZES), MemoryLayout<Int>.size, &length,
                nil)
        }
        guard sized == CL_SUCCESS, length > 0 else { return }
        var binary = Data(count: length)
        let status = calls.status(of: "clGetProgramInfo") { functions in
            binary.withUnsafeMutableBytes { bytes in
                var start = bytes.bindMemory(to: UInt8.self).baseAddress
                return functions.clGetProgramInfo(
                    program, cl_program_info(CL_PROGRAM_BINARIES),
                    MemoryLayout<UnsafeMutablePointer<UInt8>?>.size, &start, nil)
            }
        }
        guard status == CL_SUCCESS else { return }
        try? folder.write(binary, for: key(source, options), type: "bin")
    }
}
