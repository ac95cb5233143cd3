import COpenCL

/// One device of one platform.
public struct OpenCLDevice {
    /// `P:D`, platform and device counted from 0.
    public let id: String
    /// The name, as the driver states it.
    public let name: String
    /// The OpenCL version, as the driver states it.
    public let openCLVersion: String
    /// The kind of device, which decides what `auto` prefers.
    public let kind: Kind
    /// The properties on which kernels depend.
    public package(set) var traits: DeviceTraits

    let handle: cl_device_id?
    let library: OpenCLLibrary

    /// The kinds of devices, in the order of preference.
    public enum Kind: Int, Comparable, Sendable, CustomStringConvertible {
        /// A graphics processor.
        case gpu
        /// Any other device that is no processor.
        case accelerator
        /// A processor.
        case cpu

        public static func < (left: Kind, right: Kind) -> Bool { left.rawValue < right.rawValue }

        public var description: String {
            switch self {
            case .gpu: "GPU"
            case .accelerator: "accelerator"
            case .cpu: "CPU"
            }
        }
    }

    init(
        handle: cl_device_id?, id: String, platform: String, _ calls: OpenCLCalls
    ) throws {
        let query = DeviceQuery(handle: handle, calls: calls)
        self.handle = handle
        library = calls.library
        self.id = id
        name = try query.text(CL_DEVICE_NAME)
        openCLVersion = try query.text(CL_DEVICE_VERSION)
        let type = try query.value(CL_DEVICE_TYPE, cl_device_type.self)
        kind =
            type & cl_device_type(CL_DEVICE_TYPE_GPU) != 0
            ? .gpu : type & cl_device_type(CL_DEVICE_TYPE_CPU) != 0 ? .cpu : .accelerator
        traits = try DeviceTraits(query, kind: kind, platform: platform)
    }

    /// The device that `selector` names: `auto`, a `P:D`, or a part of a name in any case.
    ///
    /// `auto` prefers GPUs to CPUs, then the order of the platforms.
    ///
    /// - Throws: ``DeviceSelectionError``, which lists all devices.
    public static func select(_ selector: String) throws -> OpenCLDevice {
        try select(selector, of: .system())
    }

    /// The device of `library` that `selector` names.
    package static func select(
        _ selector: String, of library: OpenCLLibrary
    ) throws -> OpenCLDevice {
        let platforms = try OpenCLPlatform.all(of: library)
        let devices = platforms.flatMap(\.devices)
        guard !devices.isEmpty else {
            if let problem = platforms.compactMap(\.cacheProblem).first {
                throw DeviceSelectionError.cacheNotWritable(problem)
            }
            throw DeviceSelectionError.noDevice(platforms.compactMap(\.problem))
        }
        if let device = devices.first(where: { $0.id == selector }) { return device }
        let ranked = devices.enumerated().sorted {
            ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset)
        }
        let wanted = selector.lowercased()
        let found = ranked.first {
            wanted == "auto" || $0.element.name.lowercased().contains(wanted)
        }
        guard let found, !wanted.isEmpty else {
            throw DeviceSelectionError.noSuchDevice(
                selector, available: devices.map { "\($0.id) \($0.name)" })
        }
        return found.element
    }

    private var rank: Int { 2 * kind.rawValue + (traits.isFallback ? 1 : 0) }
}

/// No device fits the request.
public enum DeviceSelectionError: Error, Sendable, CustomStringConvertible {
    /// OpenCL's loader cannot be loaded, for this reason.
    case noLoader(String)
    /// No OpenCL driver is installed.
    case noPlatform
    /// No driver offers a device, for these reasons.
    case noDevice([String])
    /// The driver needs a cache of its own and cannot write it.
    case cacheNotWritable(String)
    /// No device has this number or name.
    case noSuchDevice(String, available: [String])
    /// Even the smallest tile of the local-memory kernels does not fit.
    case tooSmall(String, traits: DeviceTraits)
    /// A kernel may have `limit` work-items in a group, and needs at least `needed`.
    case groupTooSmall(String, kernel: String, limit: Int, needed: Int)

    public var description: String {
        switch self {
        case .noLoader(let reason):
            """
            no OpenCL loader found: \(reason)
            install your system's (ocl-icd-libopencl1 on Debian and Ubuntu), and a driver
            """
        case .noPlatform:
            """
            no OpenCL platform found: install your device's driver, or PoCL (pocl-opencl-icd) to \
            use the processor; drivers are listed in /etc/OpenCL/vendors
            """
        case .noDevice(let problems):
            """
            OpenCL is installed, but no platform offers a device: \
            \(Set(problems).sorted().joined(separator: "; "))
            check that the driver matches the hardware and that you may use it, or install PoCL \
            (pocl-opencl-icd)
            """
        case .cacheNotWritable(let problem): problem
        case .noSuchDevice(let selector, let available):
            "unknown OpenCL device '\(selector)'; available: \(available.joined(separator: ", "))"
        case .tooSmall(let device, let traits):
            """
            \(device) is too small for the local kernels: groups of \(traits.maxWorkGroupSize) \
            work-items with \(traits.localMemoryBytes) bytes of local memory
            use --kernel-engine register, or another device
            """
        case .groupTooSmall(let device, let kernel, let limit, let needed):
            """
            \(device) runs the kernel '\(kernel)' in groups of at most \(limit) work-items, and it \
            needs \(needed)
            use --kernel-engine register, or another device
            """
        }
    }
}

/// Questions to a device.
struct DeviceQuery {
    let handle: cl_device_id?
    let calls: OpenCLCalls

    func text(_ parameter: Int32) throws -> String {
        try calls.text("clGetDeviceInfo") { functions, size, value, needed in
            functions.clGetDeviceInfo(handle, cl_device_info(parameter), size, value, needed)
        }
    }

    func value<Value: FixedWidthInteger>(_ parameter: Int32, _: Value.Type) throws -> Value {
        var value: Value = 0
        try calls.check("clGetDeviceInfo") {
            $0.clGetDeviceInfo(
                handle, cl_device_info(parameter), MemoryLayout<Value>.size, &value, nil)
        }
        return value
    }
}
