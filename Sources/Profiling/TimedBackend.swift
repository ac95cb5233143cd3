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
public final class TimedBackend: ForwardingBackend {
    public private(set) var spans: [TimedSpan] = []
    /// A long run would fill the memory: later operations are not timed.
    private static let mostSpans = 1 << 18

    private let clock = ContinuousClock()
    private let origin: ContinuousClock.Instant

    public override init(_ base: any Backend) {
        origin = clock.now
        super.init(base)
    }

    /// Forgets all spans.
    public func reset() { spans.removeAll(keepingCapacity: true) }

    public override func around(_ operation: String, _ body: () throws -> Void) throws {
        guard spans.count < Self.mostSpans else { return try body() }
        let start = clock.now
        try body()
        let end = clock.now
        spans.append(
            TimedSpan(
                name: String(operation.prefix { $0 != "(" }), start: (start - origin) / .seconds(1),
                seconds: (end - start) / .seconds(1)))
    }
}
