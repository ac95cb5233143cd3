import Tensors

/// Stochastic gradient descent with momentum.
public final class SGD: Optimizer {
    public let group: ParameterGroup
    public var learningRate: Double
    private let settings: OptimizerSettings
    private let momentum: Tensor
    private var steps = 0

    /// Keeps the momentum for `group`, on its device.
    public init(_ group: ParameterGroup, _ settings: OptimizerSettings) throws {
        self.group = group
        self.settings = settings
        learningRate = settings.learningRate
        momentum = try group.makeVector()
    }

    public var vectors: [String: Tensor] { ["momentum": momentum] }
    public var numbers: [String: Double] {
        get { ["steps": Double(steps)] }
        set { steps = newValue.count("steps") }
    }

    public func step() throws {
        try group.backend.updateSGD(
            group.values, gradient: group.gradients, momentum: momentum,
            SGDStep(
                rate: Float(learningRate), momentum: Float(settings.momentum),
                decay: Float(settings.weightDecay), nesterov: settings.nesterov,
                isFirst: steps == 0))
        steps += 1
    }
}
