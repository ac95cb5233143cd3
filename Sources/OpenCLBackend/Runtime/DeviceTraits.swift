import COpenCL
import FileFormats
import Foundation

/// The properties of a device on which kernels depend. Vendors' quirks are in this file alone.
public struct DeviceTraits: Sendable {
    /// Whether it is a processor.
    public let isCPU: Bool
    /// Compute units, as the driver states them.
    public let reportedComputeUnits: Int
    /// Work is divided so that each of these has several shares.
    let computeUnits: Int
    /// Work-items that a group may have.
    public var maxWorkGroupSize: Int { groupLimits.device }
    /// The same, also for single kernels.
    package var groupLimits: GroupLimits
    /// Floats of the widest vector register, as the device says: 16 with AVX-512, 8 with AVX2.
    public let floatLanes: Int
    /// Whether the device multiplies and adds in one instruction; otherwise `fma` is a long program.
    package var hasFMA: Bool
    /// The cache of global memory, in bytes; 0 if there is none.
    private let cacheBytes: Int
    private var slabLimit = Int.max
    /// Local memory of one work-group, in bytes.
    public private(set) var localMemoryBytes: Int
    /// The largest single allocation and the whole memory, in bytes.
    public private(set) var maxAllocation, globalMemory: Int
    /// The alignment of a sub-buffer's offset, in bytes.
    public let memBaseAddrAlign: Int
    /// Names, as the driver states them.
    public let platform, vendor, driver: String

    init(_ query: DeviceQuery, kind: OpenCLDevice.Kind, platform: String) throws {
        isCPU = kind == .cpu
        reportedComputeUnits = Int(try query.value(CL_DEVICE_MAX_COMPUTE_UNITS, cl_uint.self))
        // Mesa's software renderer (release 22.3) silently ends the loops of a work-item after 65,535
        // iterations in all, so shares must be small there, however few cores there are.
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

    /// Makes the device smaller than it is, to try how a small one behaves:
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

    /// Bytes of slabs of images and chunks of tiles. The register engine keeps them in the cache: a
    /// quarter of it, or 2 MB if the device states less. The local engine is bounded by the device's
    /// memory.
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

    /// Whether loading a program has a high fixed cost (PoCL 3.1: 30 ms, even from its own cache), so
    /// that small kernels are better compiled together. Elsewhere unused kernels are not worth
    /// compiling.
    var prefersOneProgram: Bool { Self.isPoCL(platform) }

    static func isPoCL(_ platform: String) -> Bool { platform == "Portable Computing Language" }

    /// Whether the driver gains by a cache of compiled programs. PoCL does not, because fetching the
    /// binary triggers another compilation; NVIDIA has a cache of its own; Oclgrind is an
    /// interpreter.
    var wantsBinaryCache: Bool {
        !["Portable Computing Language", "NVIDIA CUDA", "Oclgrind"].contains(platform)
    }

    /// The engine that suits the device: `register` for processors and for devices that allow few
    /// work-items in a group, else `local`. Mesa's software renderer makes vectors of work-items, as
    /// GPUs do, so `local` suits it.
    public var preferredEngine: KernelEngine {
        (isCPU && platform != Self.mesa) || maxWorkGroupSize < 64 ? .register : .local
    }
}

/// The form of the kernels. Both engines compute correctly on every device.
public enum KernelEngine: String, CaseIterable, Sendable {
    /// One work-item per group over wide vectors, no local memory: for processors.
    case register
    /// Many work-items per group that share local memory: for GPUs.
    case local
}
