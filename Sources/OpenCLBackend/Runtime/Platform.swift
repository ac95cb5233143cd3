import COpenCL

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
    public static func all() throws -> [OpenCLPlatform] {
        var count: cl_uint = 0
        let status = clGetPlatformIDs(0, nil, &count)
        guard status != -1001, status != CL_SUCCESS || count > 0 else {
            throw DeviceSelectionError.noPlatform
        }
        try check(status, "clGetPlatformIDs")
        var handles = [cl_platform_id?](repeating: nil, count: Int(count))
        try check(clGetPlatformIDs(count, &handles, nil), "clGetPlatformIDs")
        return try handles.enumerated().map { index, handle in
            try OpenCLPlatform(handle: handle, index: index)
        }
    }

    private init(handle: cl_platform_id?, index: Int) throws {
        func text(_ parameter: Int32) -> String {
            (try? infoText("clGetPlatformInfo") { size, value, needed in
                clGetPlatformInfo(handle, cl_platform_info(parameter), size, value, needed)
            }) ?? ""
        }
        let name = text(CL_PLATFORM_NAME)
        (self.name, vendor, version) = (name, text(CL_PLATFORM_VENDOR), text(CL_PLATFORM_VERSION))
        do {
            devices = try Self.devices(of: handle, named: name, index: index)
            cacheProblem =
                devices.isEmpty && DeviceTraits.isPoCL(name) ? DriverCache.problem() : nil
            problem =
                devices.isEmpty ? cacheProblem ?? "the platform has no device" : nil
        } catch let error as EnvironmentVariableError {
            throw error  // not the platform's
        } catch {
            (devices, problem, cacheProblem) = ([], "\(error)", nil)
        }
    }

    private static func devices(
        of handle: cl_platform_id?, named platform: String, index: Int
    ) throws -> [OpenCLDevice] {
        let everything = cl_device_type(0xFFFF_FFFF)
        var count: cl_uint = 0
        let status = clGetDeviceIDs(handle, everything, 0, nil, &count)
        guard status != CL_DEVICE_NOT_FOUND, count > 0 else { return [] }
        try check(status, "clGetDeviceIDs of \(platform)")
        var handles = [cl_device_id?](repeating: nil, count: Int(count))
        try check(
            clGetDeviceIDs(handle, everything, count, &handles, nil),
            "clGetDeviceIDs of \(platform)")
        return try handles.enumerated().map { number, device in
            try OpenCLDevice(handle: device, id: "\(index):\(number)", platform: platform)
        }
    }
}

/// The text that one of OpenCL's `clGet…Info` functions gives.
func infoText(
    _ call: String, _ query: (Int, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int>?) -> cl_int
) throws -> String {
    var size = 0
    try check(query(0, nil, &size), call)
    var bytes = [UInt8](repeating: 0, count: size)
    try check(query(size, &bytes, nil), call)
    let text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    return String(text.drop { $0 == " " })
}
