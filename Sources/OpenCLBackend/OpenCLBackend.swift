import COpenCL
import Tensors

/// Any OpenCL 1.2 device. The operations are in `Ops/`, one file per concern.
///
/// One context and one in-order queue, used by one owner.
public final class OpenCLBackend {
    /// The device that computes.
    public let device: OpenCLDevice
    /// The properties of the device on which kernels depend.
    public let traits: DeviceTraits
    /// How kernels are shaped.
    public let engine: KernelEngine
    /// The shapes of kernels, if a search found better than the default.
    public var tuning: TuningTable { didSet { variants = [:] } }
    /// The variants that ``tuning`` holds of the operations met so far.
    var variants: [DenseOperation: Variant] = [:]
    /// How convolutions are computed: one algorithm for all that allow it, or the best for each.
    public var convolutionAlgorithm = ConvolutionAlgorithm.automatic
    /// Kernels launched so far.
    public internal(set) var launches = 0
    /// Calls so far that waited for the device to end all its work.
    public internal(set) var waits = 0

    /// Whether it is a dry run, see ``dryRun()``: it launches and allocates nothing.
    let isDryRun: Bool
    /// The backend whose device and programs a dry run shares.
    private var owner: OpenCLBackend?
    let calls: OpenCLCalls
    let context: cl_context
    let queue: cl_command_queue
    let programs: ProgramCache
    let profiler: Profiler?
    let counter = MemoryCounter()
    let scratchPool = ScratchPool<OpenCLBuffer>()
    let staging: StagingRing
    private var zeroBuffer: Tensor?

    /// Opens the device that `selector` names, see ``OpenCLDevice/select(_:)``.
    ///
    /// - Parameters:
    ///   - engine: nil for the engine that suits the device.
    ///   - profiling: whether ``profile()`` is wanted; costs an event per launch.
    ///   - tuning: a table that ``TuningStore`` kept for this device.
    ///   - fma: used on a device without an instruction for it.
    /// - Throws: ``DeviceSelectionError``, ``OpenCLError``.
    public convenience init(
        device selector: String = "auto", engine: KernelEngine? = nil, profiling: Bool = false,
        tuning: TuningTable = .default, fma: FMAPolicy = .separate
    ) throws {
        try self.init(
            OpenCLDevice.select(selector), engine: engine, profiling: profiling, tuning: tuning,
            fma: fma)
    }

    /// Opens `device`.
    ///
    /// - Parameter folder: a folder for compiled programs; nil for the usual one, if the driver
    ///   keeps none itself.
    public init(
        _ device: OpenCLDevice, engine: KernelEngine? = nil, profiling: Bool = false,
        tuning: TuningTable = .default, fma: FMAPolicy = .separate,
        programs folder: CacheFolder? = nil
    ) throws {
        self.device = device
        traits = device.traits
        self.engine = engine ?? device.traits.preferredEngine
        self.tuning = tuning
        guard self.engine == .register || device.traits.canRunLocalKernels else {
            throw DeviceSelectionError.tooSmall(device.name, traits: device.traits)
        }
        let calls = OpenCLCalls(device.library)
        var handle = device.handle
        let context = try calls.make("clCreateContext", "on \(device.name)") {
            $0.clCreateContext(nil, 1, &handle, nil, nil, $1)
        }
        let properties = profiling ? cl_command_queue_properties(CL_QUEUE_PROFILING_ENABLE) : 0
        do {
            queue = try calls.make("clCreateCommandQueue", "on \(device.name)") {
                $0.clCreateCommandQueue(context, handle, properties, $1)
            }
        } catch {
            calls.release("clReleaseContext") { $0.clReleaseContext(context) }
            throw error
        }
        self.calls = calls
        self.context = context
        isDryRun = false
        programs = ProgramCache(
            context: context, device: device, calls: calls, fma: fma, binaries: folder)
        profiler = profiling ? Profiler(calls) : nil
        staging = StagingRing(calls)
    }

    /// A dry run of `backend`.
    private init(dryRunOf backend: OpenCLBackend) {
        (device, traits, engine) = (backend.device, backend.traits, backend.engine)
        tuning = backend.tuning
        convolutionAlgorithm = backend.convolutionAlgorithm
        (context, queue, programs) = (backend.context, backend.queue, backend.programs)
        (calls, staging) = (backend.calls, backend.staging)
        owner = backend
        profiler = nil
        isDryRun = true
    }

    public func dryRun() -> (any Backend)? { OpenCLBackend(dryRunOf: self) }

    deinit {
        guard owner == nil else { return }
        calls.release("clFinish") { $0.clFinish(queue) }
        calls.release("clReleaseCommandQueue") { $0.clReleaseCommandQueue(queue) }
        calls.release("clReleaseContext") { $0.clReleaseContext(context) }
    }

    /// Every launch since the last ``resetProfile()``, as the device timed it; waits for the
    /// launches under way. Empty unless the backend was opened with `profiling`.
    public func profile() throws -> [KernelSpan] { try profiler?.spans() ?? [] }

    /// Forgets all launches so far.
    public func resetProfile() throws { try profiler?.reset() }

    /// A buffer of at least `count` zeros that stays zero. Kernels read it in place of padding.
    ///
    /// Grown to powers of two, so rarely.
    func zeros(count: Int) throws -> Tensor {
        if let zeroBuffer, zeroBuffer.count >= count { return zeroBuffer }
        var capacity = 4096
        while capacity < count { capacity *= 2 }
        let tensor = try makeTensor([capacity])
        try fill(tensor, with: 0)
        zeroBuffer = tensor
        return tensor
    }

    /// What `body` answers. A lack of memory is thrown as ``OutOfDeviceMemoryError``.
    ///
    /// - Parameter bytes: that an allocation asks for; nil for a command.
    func namingShortage<Result>(
        bytes: Int? = nil, _ body: () throws -> Result
    ) throws -> Result {
        do { return try body() } catch let error as OpenCLError {
            // "Out of resources" from a command most often means a lost device.
            guard error.isOutOfMemory, bytes != nil || error.code != CL_OUT_OF_RESOURCES else {
                throw error
            }
            throw OutOfDeviceMemoryError(
                requested: bytes, held: counter.use.current, maxAllocation: traits.maxAllocation,
                globalMemory: traits.globalMemory, device: device.name, cause: error)
        }
    }
}

extension OpenCLBackend: Backend, ConvolutionAlgorithmChoosing {}
