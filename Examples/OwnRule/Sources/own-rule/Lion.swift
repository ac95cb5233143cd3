import LocalLearning
import Tensors

/// Lion (Chen et al. 2023), of the contract's elementwise operations: every parameter moves by the
/// learning rate, in the direction that a mean of its gradients has.
struct LionKind: OptimizerKind {
    let name = "Lion"
    let summary = "steps of one size, by the sign of a mean of the gradients"
    let source = "Chen et al. 2023, arXiv 2302.06675"

    func make(for group: ParameterGroup, _ settings: OptimizerSettings) throws -> any Optimizer {
        try check(settings)
        return try Lion(group, settings)
    }
}

final class Lion: Optimizer {
    let group: ParameterGroup
    var learningRate: Double
    private let decay: Double
    private let momentum, direction: Tensor
    private static let beta1: Float = 0.9, beta2: Float = 0.99

    init(_ group: ParameterGroup, _ settings: OptimizerSettings) throws {
        self.group = group
        learningRate = settings.learningRate
        decay = settings.weightDecay
        momentum = try group.makeVector()
        direction = try group.makeVector()
    }

    /// What a run that goes on needs. The direction is made anew in every step.
    var vectors: [String: Tensor] { ["momentum": momentum] }
    var numbers: [String: Double] = [:]

    func step() throws {
        let backend = group.backend
        try backend.copy(momentum, into: direction)
        try backend.scaleAdd(1 - Self.beta1, group.gradients, Self.beta1, into: direction)
        try backend.signum(direction, into: direction)
        try backend.scaleAdd(
            Float(-learningRate), direction, Float(1 - learningRate * decay), into: group.values)
        try backend.scaleAdd(1 - Self.beta2, group.gradients, Self.beta2, into: momentum)
    }
}
