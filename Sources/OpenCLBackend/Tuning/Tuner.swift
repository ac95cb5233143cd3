import Tensors

/// Searches variants by a backend of its own, so that nobody else holds the memory and programs of
/// the search.
public final class Tuner {
    private let backend: OpenCLBackend
    private let clock = ContinuousClock()

    /// How far a search goes.
    public enum Scope: Sendable {
        /// Only variants that compute the very bytes of the default: a run may search these by
        /// itself.
        case sameBytes
        /// Other algorithms and orders of summation too.
        case all
    }

    /// The result for one shape class.
    public struct Finding: Sendable {
        /// The shape class, for people.
        public let shape: String
        /// The fastest variant; empty if the default is.
        public let variant: Variant
        /// How many times faster than the default it is.
        public let gain: Double
        /// Variants that failed to build, to run or to compute the same, and why.
        public let skipped: [(variant: Variant, reason: String)]
        /// Whether every variant was tried; none was if the time was up before.
        public let isComplete: Bool
    }

    /// - Parameter engine: nil for the one that suits the device.
    public init(_ device: OpenCLDevice, engine: KernelEngine? = nil) throws {
        backend = try OpenCLBackend(device, engine: engine)
    }

    /// The shape classes of `operations` that `table` does not settle, the costliest first.
    private static func missing(
        from table: TuningTable, _ operations: [DenseOperation], _ engine: KernelEngine,
        _ scope: Scope
    ) -> [ShapeClass] {
        Dictionary(grouping: operations, by: ShapeClass.init)
            .filter { $0.key.isTunable && !table.isSettled($0.key, engine, for: scope) }
            .map { (shape: $0.key, work: $0.value.map(\.multiplyAccumulates).saturatingSum()) }
            .sorted { ($1.work, $0.shape.name) < ($0.work, $1.shape.name) }
            .map(\.shape)
    }

    /// Whether a search of `scope` has anything to do for `operations`.
    public static func isNeeded(
        for operations: [DenseOperation], _ table: TuningTable, engine: KernelEngine,
        scope: Scope = .sameBytes
    ) -> Bool {
        !missing(from: table, operations, engine, scope).isEmpty
    }

    /// `table` with a variant for every shape class of `operations`.
    ///
    /// Classes for which no time is left stay as they are, and the table says so: a later run finds
    /// what this one found.
    ///
    /// - Parameters:
    ///   - budget: seconds; a variant that was begun is finished.
    ///   - report: called for each class, in order.
    public func search(
        _ operations: [DenseOperation], extending table: TuningTable, scope: Scope,
        budget: Double,
        report: (Finding) -> Void = { _ in }
    ) throws -> TuningTable {
        var table = table
        let start = clock.now
        let isOver = { [clock] in (clock.now - start) / .seconds(1) > budget }
        for shape in Self.missing(from: table, operations, backend.engine, scope) {
            guard !isOver() else {
                let known = table[shape, backend.engine] ?? Variant()
                table.set(known, for: shape, backend.engine, isComplete: false)
                report(
                    Finding(
                        shape: shape.name, variant: known, gain: 1, skipped: [],
                        isComplete: false))
                continue
            }
            let outcome: VariantSearch<Variant>.Outcome
            do { outcome = try search(shape, scope, isOver) } catch let shortage
                as any MemoryShortage
            {
                report(
                    Finding(
                        shape: shape.name, variant: Variant(), gain: 1,
                        skipped: [(Variant(), firstLine("\(shortage)"))], isComplete: false))
                continue
            }
            table.set(
                outcome.choice ?? Variant(), for: shape, backend.engine,
                isComplete: outcome.isComplete && scope == .all)
            report(
                Finding(
                    shape: shape.name, variant: outcome.choice ?? Variant(), gain: outcome.gain,
                    skipped: outcome.skipped.map { ($0.choice, $0.reason) },
                    isComplete: outcome.isComplete))
        }
        return table
    }

    private func candidates(_ shape: ShapeClass, _ scope: Scope) -> [Variant] {
        let all = Variant.candidates(for: shape, engine: backend.engine, on: backend.traits)
        guard case .convolution(let geometry, let pass) = shape.operation else { return all }
        let defaultAlgorithm = backend.algorithm(for: pass, geometry)
        let others = all.filter { $0 != Variant(algorithm: defaultAlgorithm) }
        guard scope == .sameBytes else { return others }
        // Another algorithm rounds otherwise, and by Winograd's filtering there is one way only.
        return defaultAlgorithm == .direct
            ? others.filter { $0.algorithm ?? .direct == .direct } : []
    }

    private func search(
        _ shape: ShapeClass, _ scope: Scope, _ isOver: @escaping () -> Bool
    ) throws -> VariantSearch<Variant>.Outcome {
        let trial = try Trial(
            shape.reduced(to: 1_000_000_000 * backend.traits.reportedComputeUnits), on: backend)
        defer { backend.tuning = .default }
        func use(_ variant: Variant?) {
            var table = TuningTable.default
            if let variant {
                table.set(
                    variant, for: ShapeClass(trial.operation), backend.engine, isComplete: true)
            }
            backend.tuning = table
        }
        return try VariantSearch(
            candidates: candidates(shape, scope), isExact: scope == .sameBytes,
            compute: { variant in
                use(variant)
                return try trial.result()
            },
            time: { [clock] variant in
                use(variant)
                let start = clock.now
                try trial.run()
                try self.backend.synchronize()
                return (clock.now - start) / .seconds(1)
            },
            isOver: isOver
        ).run()
    }
}

/// One operation with operands in ±1.
private struct Trial {
    let operation: DenseOperation
    private let backend: OpenCLBackend
    private let first, second, output: Tensor

    init(_ operation: DenseOperation, on backend: OpenCLBackend) throws {
        self.operation = operation
        self.backend = backend
        let shapes = operation.operands
        first = try Self.random(shapes.first, on: backend)
        second = try Self.random(shapes.second, on: backend)
        output = try backend.makeTensor(shapes.result)
    }

    func run() throws { try backend.perform(operation, first, second, into: output) }

    /// The result, in which an element that is never written shows.
    func result() throws -> [Float] {
        try backend.fill(output, with: .nan)
        try run()
        return try backend.read(output)
    }

    private static func random(_ shape: Shape, on backend: OpenCLBackend) throws -> Tensor {
        // Numerical Recipes' generator: any numbers do that have no pattern.
        var state: UInt32 = 1
        return try backend.makeTensor(
            shape,
            (0..<shape.count).map { _ in
                state = state &* 1_664_525 &+ 1_013_904_223
                return Float(state >> 8) * 0x1p-23 - 1
            })
    }
}
