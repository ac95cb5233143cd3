import COpenCL

/// What kernels have to know of a device. Vendors' quirks live in this file and in no other.
public struct DeviceTraits: Sendable {
    public let isCPU: Bool
    /// What the device says of itself, for people.
    public let reportedComputeUnits: Int
    /// Work is cut so that each of these has several shares.
    let computeUnits: Int
    public let maxWorkGroupSize: Int
    /// Local memory of one work-group, in bytes.
    public let localMemoryBytes: Int
    /// The largest single allocation and the whole memory, in bytes.
    public let maxAllocation, globalMemory: Int
    /// What a sub-buffer's offset must be a multiple of, in bytes.
    public let memBaseAddrAlign: Int
    public let platform, vendor, driver: String

    init(_ query: DeviceQuery, kind: OpenCLDevice.Kind, platform: String) throws {
        isCPU = kind == .cpu
        reportedComputeUnits = Int(try query.value(CL_DEVICE_MAX_COMPUTE_UNITS, cl_uint.self))
        // Mesa's software renderer silently ends the loops of a work-item after 65,535 turns in
        // all (release 22.3): shares must be small there, however few cores there are.
        computeUnits = kind == .cpu && platform == Self.mesa ? 1024 : reportedComputeUnits
        maxWorkGroupSize = try query.value(CL_DEVICE_MAX_WORK_GROUP_SIZE, Int.self)
        localMemoryBytes = Int(try query.value(CL_DEVICE_LOCAL_MEM_SIZE, cl_ulong.self))
        maxAllocation = Int(
            clamping: try query.value(CL_DEVICE_MAX_MEM_ALLOC_SIZE, cl_ulong.self))
        globalMemory = Int(clamping: try query.value(CL_DEVICE_GLOBAL_MEM_SIZE, cl_ulong.self))
        memBaseAddrAlign = Int(try query.value(CL_DEVICE_MEM_BASE_ADDR_ALIGN, cl_uint.self)) / 8
        self.platform = platform
        vendor = try query.text(CL_DEVICE_VENDOR)
        driver = try query.text(CL_DRIVER_VERSION)
    }

    private static let mesa = "rusticl"

    /// Mesa's software renderer works, but any other processor driver is faster.
    var isLastChoice: Bool { isCPU && platform == Self.mesa }

    /// The engine that suits the device: processors want registers and one work-item per group,
    /// everything else local memory and many, where it can have many. Mesa's software renderer
    /// makes vectors of work-items, as GPUs do.
    var preferredEngine: KernelEngine {
        (isCPU && platform != Self.mesa) || maxWorkGroupSize < 64 ? .register : .local
    }
}

/// How kernels are shaped. Both engines are right on every device.
public enum KernelEngine: String, CaseIterable, Sendable {
    /// One work-item per group over wide vectors, no local memory: for processors.
    case register
    /// Many work-items per group that share local memory: for GPUs.
    case local
}
