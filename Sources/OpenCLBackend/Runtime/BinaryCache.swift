import COpenCL
import Foundation

/// Compiled programs on disk, by device, driver, options and source. A program that cannot be read,
/// built or written is compiled as if there were no cache.
struct BinaryCache {
    private let device: OpenCLDevice
    private let folder: CacheFolder

    /// Nil if the driver gains nothing by a cache, or the user has no folder for one.
    ///
    /// - Parameter folder: nil for the usual one.
    init?(_ device: OpenCLDevice, in folder: CacheFolder?) {
        let usual = device.traits.wantsBinaryCache ? CacheFolder.named("programs") : nil
        guard let folder = folder ?? usual else { return nil }
        self.device = device
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
        var (status, binaryStatus): (cl_int, cl_int) = (0, 0)
        let created = binary.withUnsafeBytes { bytes in
            var start = bytes.bindMemory(to: UInt8.self).baseAddress
            return clCreateProgramWithBinary(
                context, 1, &handle, &length, &start, &binaryStatus, &status)
        }
        guard let created else { return nil }
        guard status == CL_SUCCESS, binaryStatus == CL_SUCCESS,
            clBuildProgram(created, 0, nil, options, nil, nil) == CL_SUCCESS
        else {
            clReleaseProgram(created)
            return nil
        }
        return created
    }

    /// Keeps a program that was built from source.
    func keep(_ program: cl_program, _ source: String, _ options: String) {
        var length = 0
        guard
            clGetProgramInfo(
                program, cl_program_info(CL_PROGRAM_BINARY_SIZES), MemoryLayout<Int>.size, &length,
                nil) == CL_SUCCESS, length > 0
        else { return }
        var binary = Data(count: length)
        let status = binary.withUnsafeMutableBytes { bytes in
            var start = bytes.bindMemory(to: UInt8.self).baseAddress
            return clGetProgramInfo(
                program, cl_program_info(CL_PROGRAM_BINARIES),
                MemoryLayout<UnsafeMutablePointer<UInt8>?>.size, &start, nil)
        }
        guard status == CL_SUCCESS else { return }
        try? folder.write(binary, for: key(source, options), type: "bin")
    }
}
