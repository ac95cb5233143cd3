import COpenBLAS
import CVectorLoops
import Tensors

/// The CPU: matrix products and convolutions through OpenBLAS, everything else as loops over
/// channels in C.
///
/// Work is divided into one part for each thread, by shapes and thread count alone, and partial sums
/// are added in the order of the parts. So the same thread count gives the same bytes.
/// Operations have ended when their calls return.
public final class BLASBackend: Backend, ConvolutionAlgorithmChoosing {
    let threads: ThreadPool
    let memory: HostMemorySource
    let scratchPool = ScratchPool<HostStorage>()
    /// How 3×3 convolutions of stride 1 and padding 1 are computed; all others are direct.
    public var convolutionAlgorithm: ConvolutionAlgorithm

    public var memoryUse: MemoryUse { memory.counter.use }

    /// - Parameters:
    ///   - threads: threads that compute, the caller's included; nil for one a core.
    ///   - convolutionAlgorithm: one for all shapes that it covers, or the backend's choice.
    /// - Throws: ``ThreadError`` if the system refuses a thread; `OutOfMemoryError` if its
    ///   address space is limited and too small for OpenBLAS.
    /// - Precondition: `threads` is positive.
    public init(
        threads: Int? = nil, convolutionAlgorithm: ConvolutionAlgorithm = .automatic
    ) throws {
        precondition(threads.map { $0 > 0 } ?? true, "a backend of \(threads ?? 0) threads")
        self.convolutionAlgorithm = convolutionAlgorithm
        let count = threads ?? ThreadPool.coreCount
        let reserve = try OpenBLASMemory.reserve(threads: count)
        memory = HostMemorySource(reserve: reserve)
        self.threads = try ThreadPool(count: count)
    }

    /// A dry run of `backend`: it calls the operations with idle threads and a scratch pool of its
    /// own, and counts. Only threads read and write elements, so the operands need no storage.
    private init(dryRunOf backend: BLASBackend) {
        convolutionAlgorithm = backend.convolutionAlgorithm
        memory = HostMemorySource(dryRunOf: backend.memory)
        threads = ThreadPool(resting: backend.threads.count)
    }

    public func dryRun() -> (any Backend)? { BLASBackend(dryRunOf: self) }

    public var name: String {
        let core = openblas_get_corename().map { String(cString: $0) } ?? "unknown core"
        return "CPU (OpenBLAS \(core), \(threads.count) thread\(threads.count == 1 ? "" : "s"))"
    }
}

extension BLASBackend {
    /// Runs `body` for all parts of `0..<count` at the same time. Parts begin at multiples of
    /// `grain`.
    ///
    /// - Parameter work: operations per element; too little work stays on one thread.
    func parallelFor(
        _ count: Int, grain: Int = 1, work: Int = 1, _ body: (_ part: Int, Range<Int>) -> Void
    ) {
        let parts = WorkPartition(of: count, grain: grain, work: work, threads: threads.count)
        threads.run(parts.count) { body($0, parts[$0]) }
    }

    /// A flat map over `count` elements.
    func overElements(_ count: Int, _ body: (Range<Int>) -> Void) {
        parallelFor(count, grain: 64) { body($1) }
    }

    /// Runs `body`, which computes products by OpenBLAS, for `parts` parts at the same time.
    func runProducts(_ parts: Int, _ body: (_ part: Int) -> Void) {
        OpenBLASThreads.single { threads.run(parts, body) }
    }

    /// Runs `body`, which looks at elements, on the caller's thread.
    func alone(_ body: () -> Void) { threads.run(1) { _ in body() } }

    func partition(_ count: Int, grain: Int = 1, work: Int = 1) -> WorkPartition {
        WorkPartition(of: count, grain: grain, work: work, threads: threads.count)
    }

    func checkSameShape(_ one: Tensor, _ other: Tensor, _ operation: String) {
        precondition(
            one.shape == other.shape, "\(operation): \(one.shape) is not \(other.shape)")
    }
}

extension Activation {
    /// As the C loops know it.
    var vector: vector_activation {
        switch self {
        case .identity: vector_activation(kind: vector_identity, slope: 1)
        case .leakyReLU(let slope): vector_activation(kind: vector_leaky_relu, slope: slope)
        case .tanh: vector_activation(kind: vector_tanh, slope: 0)
        }
    }
}
