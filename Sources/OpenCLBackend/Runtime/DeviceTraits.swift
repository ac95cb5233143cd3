import COpenCL
import FileFormats
import Foundation

/// What kernels have to know of a device. Vendors' quirks live in this file and in no other.
public struct DeviceTraits: Sendable {
    /// Whether it is a processor.
    public let isCPU: Bool
    /// What the device says of itself, for people.
    public let reportedComputeUnits: Int
    /// Work is cut so that each of these has several shares.
    let computeUnits: Int
    /// Work-items that a group may have.
    public var maxWorkGroupSize: Int { groupLimits.device }
    /// The same, also for single kernels.
    package var groupLimits: GroupLimits
    /// Floats of the widest vector register, as the device says: 16 with AVX-512, 8 with AVX2.
    public let floatLanes: Int
    /// Whether the device multiplies and adds in one instruction; elsewhere `fma` is a long program.
    package var hasFMA: Bool
    /// The cache before global memory, in bytes; 0 where there is none.
    private let cacheBytes: Int
    private var slabLimit = Int.max
    /// Local memory of one work-group, in bytes.
    public private(set) var localMemoryBytes: Int
    /// The largest single allocation and the whole memory, in bytes.
    public private(set) var maxAllocation, globalMemory: Int
    /// What a sub-buffer's offset must be a multiple of, in bytes.
    public let memBaseAddrAlign: Int
    /// Names, as the driver states them.
    public let platform, vendor, driver: String

    init(_ query: DeviceQuery, kind: OpenCLDevice.Kind, platform: String) throws {
        isCPU = kind == .cpu
        reportedComputeUnits = Int(try query.value(CL_DEVICE_MAX_COMPUTE_UNITS, cl_uint.self))
        // Mesa's software renderer silently ends the loops of a work-item after 65,535 turns in
        // all (release 22.3): shares must be small there, however few cores there are.
        computeUnits = kind == .cpu && platform == Self.mesa ? 1024 : reportedComputeUnits
        groupLimits = try GroupLimits(
            device: query.value(CL_DEVICE_MAX_WORK_GROUP_SIZE, Int.self),
            Environment.variables[GroupLimits.variable])
        floatLanes = Int(try query.value(CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, cl_uint.self))
        let arithmetic = try query.value(
            CL_DEVICE_SINGLE_FP_CONFIG, cl_device_fp_config.self)
        hasFMA = arithmetic & cl_device_fp_config(CL_FP_FMA) != 0
        cacheBytes = Int(
            clamping: try query.value(CL_DEVICE_GLOBAL_MEM_CACHE_SIZE, cl_ulong.self))
        localMemoryBytes = Int(try query.value(CL_DEVICE_LOCAL_MEM_SIZE, cl_ulong.self))
        maxAllocation = Int(
            clamping: try query.value(CL_DEVICE_MAX_MEM_ALLOC_SIZE, cl_ulong.self))
        globalMemory = Int(clamping: try query.value(CL_DEVICE_GLOBAL_MEM_SIZE, cl_ulong.self))
        memBaseAddrAlign = Int(try query.value(CL_DEVICE_MEM_BASE_ADDR_ALIGN, cl_uint.self)) / 8
        self.platform = platform
        vendor = try query.text(CL_DEVICE_VENDOR)
        driver = try query.text(CL_DRIVER_VERSION)
        try limit(by: Environment.variables)
    }

    /// Makes the device smaller than it is, to try what a small one would do:
    /// `LLS_OPENCL_MEMORY_LIMIT`, `LLS_OPENCL_LOCAL_MEMORY_LIMIT`, `LLS_OPENCL_SLAB_LIMIT` (bytes);
    /// ``GroupLimits`` has a variable of its own.
    ///
    /// - Throws: ``EnvironmentVariableError``.
    private mutating func limit(by environment: [String: String]) throws {
        func limit(_ variable: String) throws -> Int {
            try EnvironmentVariableError.limit(variable, in: environment)
        }
        globalMemory = min(globalMemory, try limit("LLS_OPENCL_MEMORY_LIMIT"))
        maxAllocation = min(maxAllocation, globalMemory)
        localMemoryBytes = min(localMemoryBytes, try limit("LLS_OPENCL_LOCAL_MEMORY_LIMIT"))
        slabLimit = try limit("LLS_OPENCL_SLAB_LIMIT")
    }

    /// Bytes of slabs of images and chunks of tiles. For registers they should stay in the cache: a
    /// quarter of it, or 2 MB where the device tells of less. For local memory the device's memory is
    /// what bounds them.
    func slabBytes(_ engine: KernelEngine) -> Int {
        let usual =
            switch engine {
            case .register: max(cacheBytes / 4, 1 << 21)
            case .local: min(1 << 28, maxAllocation)
            }
        return min(usual, slabLimit)
    }

    private static let mesa = "rusticl"

    /// Mesa's software renderer works, but any other processor driver is faster.
    var isFallback: Bool { isCPU && platform == Self.mesa }

    var deviceClass: DeviceClass {
        ["ARM", "QUALCOMM", "Imagination"].contains { vendor.contains($0) && !isCPU }
            ? .mobile : .large
    }

    /// Whether a program costs the same however little is in it: PoCL 3.1 takes 30 ms to find one in
    /// its own cache. Elsewhere kernels that nobody uses are not worth compiling.
    var prefersOneProgram: Bool { Self.isPoCL(platform) }

    static func isPoCL(_ platform: String) -> Bool { platform == "Portable Computing Language" }

    /// Whether the driver gains by a cache of compiled programs. PoCL and NVIDIA keep one of their
    /// own, and PoCL compiles a program for no local size in particular only to hand it out.
    /// Oclgrind interprets, and its binaries are as slow to make as programs.
    var wantsBinaryCache: Bool {
        !["Portable Computing Language", "NVIDIA CUDA", "Oclgrind"].contains(platform)
    }

    /// The engine that suits the device: processors want registers and one work-item per group,
    /// everything else local memory and many, where it can have many. Mesa's software renderer
    /// makes vectors of work-items, as GPUs do.
    public var preferredEngine: KernelEngine {
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
