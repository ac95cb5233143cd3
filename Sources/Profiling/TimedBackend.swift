import Tensors

/// One thing that a device did.
public struct TimedSpan: Sendable {
    public let name: String
    /// Seconds since the first span, and how many of them it lasted.
    public let start, seconds: Double

    public init(name: String, start: Double, seconds: Double) {
        self.name = name
        self.start = start
        self.seconds = seconds
    }
}

/// Another backend with a stopwatch around every operation. For backends whose operations have
/// ended when their calls return.
public final class TimedBackend: Backend {
    let base: any Backend
    public private(set) var spans: [TimedSpan] = []
    /// A long run would fill the memory: later operations are not timed.
    private static let mostSpans = 1 << 18

    private let clock = ContinuousClock()
    private let origin: ContinuousClock.Instant

    public init(_ base: any Backend) {
        self.base = base
        origin = clock.now
    }

    /// Forgets all spans.
    public func reset() { spans.removeAll(keepingCapacity: true) }

    func timed(_ name: String, _ body: () throws -> Void) rethrows {
        guard spans.count < Self.mostSpans else { return try body() }
        let start = clock.now
        try body()
        spans.append(
            TimedSpan(
                name: name, start: (start - origin) / .seconds(1),
                seconds: (clock.now - start) / .seconds(1)))
    }
}

// MARK: Memory

extension TimedBackend {
    public var name: String { base.name }
    public var sliceAlignment: Int { base.sliceAlignment }
    public var memoryUse: MemoryUse { base.memoryUse }
    public var memoryLimits: MemoryLimits { base.memoryLimits }

    public func scratchBytes(of operations: [DenseOperation]) throws -> Int {
        try base.scratchBytes(of: operations)
    }

    public func makeTensor(_ shape: Shape, _ elementType: ElementType) throws -> Tensor {
        try base.makeTensor(shape, elementType)
    }

    public func slice(_ tensor: Tensor, at offset: Int, _ shape: Shape) throws -> Tensor {
        try base.slice(tensor, at: offset, shape)
    }

    public func withScratch<Result>(
        _ shapes: [Shape], _ body: ([Tensor]) throws -> Result
    ) throws -> Result {
        try base.withScratch(shapes, body)
    }

    public func upload(_ bytes: UnsafeRawBufferPointer, to tensor: Tensor) throws {
        try timed("upload") { try base.upload(bytes, to: tensor) }
    }

    public func read(_ tensor: Tensor) throws -> [Float] { try base.read(tensor) }

    public func readIntegers(_ tensor: Tensor) throws -> [Int32] { try base.readIntegers(tensor) }

    public func copy(_ source: Tensor, into destination: Tensor) throws {
        try timed("copy") { try base.copy(source, into: destination) }
    }

    public func fill(_ tensor: Tensor, with value: Float) throws {
        try timed("fill") { try base.fill(tensor, with: value) }
    }

    public func synchronize() throws { try base.synchronize() }
}
