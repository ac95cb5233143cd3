import COpenCL
import Foundation

/// One OpenCL driver of this machine, with its devices.
public struct OpenCLPlatform {
    /// As the driver states them.
    public let name, vendor, version: String
    /// Its devices, in the driver's order.
    public let devices: [OpenCLDevice]
    /// Why the platform has no devices; nil if it has any.
    public let problem: String?
    /// The same, if the cause is a cache that the driver cannot write.
    let cacheProblem: String?

    /// All platforms, in the loader's order: a device's id counts them from 0.
    ///
    /// - Throws: ``DeviceSelectionError/noPlatform`` if none is installed, ``OpenCLError`` if the
    ///   loader itself fails.
    public static func all() throws -> [OpenCLPlatform] { try all(of: .system()) }

    /// All platforms of `library`.
    package static func all(of library: OpenCLLibrary) throws -> [OpenCLPlatform] {
        // Drivers set their devices up in these calls. A test process crashed when several threads made them
        // at once on PoCL 3.1, and has not since they are made by one at a time.
        try discovery.withLock { try find(by: OpenCLCalls(library)) }
    }

    private static let discovery = NSLock()

    private static func find(by calls: OpenCLCalls) throws -> [OpenCLPlatform] {
        var count: cl_uint = 0
        do {
            try calls.check("clGetPlatformIDs") { $0.clGetPlatformIDs(0, nil, &count) }
        } catch let error as OpenCLError where error.code == -1001 {
            throw DeviceSelectionError.noPlatform
        }
        guard count > 0 else { throw DeviceSelectionError.noPlatform }
        var handles = [cl_platform_id?](repeating: nil, count: Int(count))
        try calls.check("clGetPlatformIDs") { $0.clGetPlatformIDs(count, &handles, nil) }
        return try handles.enumerated().map { index, handle in
            try OpenCLPlatform(handle: handle, index: index, calls)
        }
    }

    private init(handle: cl_platform_id?, index: Int, _ calls: OpenCLCalls) throws {
        func text(_ parameter: Int32) throws -> String {
            try calls.text("clGetPlatformInfo") { functions, size, value, needed in
                functions.clGetPlatformInfo(
                    handle, cl_platform_info(parameter), size, value, needed)
            }
        }
        var (name, vendor, version) = ("", "", "")
        do {
            name = try text(CL_PLATFORM_NAME)
            vendor = try text(CL_PLATFORM_VENDOR)
            version = try text(CL_PLATFORM_VERSION)
            devices = try Self.devices(of: handle, named: name, index: index, calls)
            cacheProblem =
                devices.isEmpty && DeviceTraits.isPoCL(name) ? DriverCache.problem() : nil
            problem =
                devices.isEmpty ? cacheProblem ?? "the platform has no device" : nil
        } catch let error as EnvironmentVariableError {
            throw error  // not the platform's
        } catch {
            (devices, problem, cacheProblem) = ([], "\(error)", nil)
        }
        (self.name, self.vendor, self.version) = (name, vendor, version)
    }

    private static func devices(
        of handle: cl_platform_id?, named platform: String, index: Int, _ calls: OpenCLCalls
    ) throws -> [OpenCLDevice] {
        let everything = cl_device_type(0xFFFF_FFFF)
        var count: cl_uint = 0
        do {
            try calls.check("clGetDeviceIDs", "of \(platform)") {
                $0.clGetDeviceIDs(handle, everything, 0, nil, &count)
            }
        } catch let error as OpenCLError where error.code == CL_DEVICE_NOT_FOUND {
            return []
        }
        guard count > 0 else { return [] }
        var handles = [cl_device_id?](repeating: nil, count: Int(count))
        try calls.check("clGetDeviceIDs", "of \(platform)") {
            $0.clGetDeviceIDs(handle, everything, count, &handles, nil)
        }
        return try handles.enumerated().map { number, device in
            try OpenCLDevice(
                handle: device, id: "\(index):\(number)", platform: platform, calls)
        }
    }
}

extension OpenCLCalls {
    /// The text that one of OpenCL's `clGet…Info` functions gives.
    func text(
        _ function: StaticString,
        _ query: (
            borrowing OpenCLFunctions, Int, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int>?
        ) -> cl_int
    ) throws -> String {
        var size = 0
        try check(function) { query($0, 0, nil, &size) }
        var bytes = [UInt8](repeating: 0, count: size)
        try check(function) { query($0, size, &bytes, nil) }
        let text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        return String(text.drop { $0 == " " })
    }
}
