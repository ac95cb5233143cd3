import LocalLearning
import Tensors

extension OptimizerKind {
    /// Bytes that it holds for every parameter besides the parameter and its gradient, as it allocates
    /// them for a small network.
    ///
    /// - Throws: what the kind throws.
    public func bytesPerParameter() throws -> Double {
        let backend = PlanningBackend(alignment: 1)
        let network = try Network(
            unset: try NetworkDescription(
                .smallConv, input: [32, 32, 3], classes: 10, rule: LLS()),
            batch: 2, on: backend)
        let before = backend.memoryUse.current
        let optimizers = try network.groups.map { try make(for: $0, OptimizerSettings()) }
        let held = withExtendedLifetime(optimizers) { backend.memoryUse.current - before }
        return Double(held) / Double(max(network.groups.map(\.values.count).saturatingSum(), 1))
    }
}
