import Tensors

/// Stochastic gradient descent with momentum.
public final class SGD: Optimizer {
    public var learningRate: Double
    private let settings: OptimizerSettings
    private let momentum: Tensor
    private var isFirst = true

    public init(
        _ group: ParameterGroup, _ settings: OptimizerSettings, on backend: any Backend
    ) throws {
        self.settings = settings
        learningRate = settings.learningRate
        momentum = try backend.makeTensor(group.values.shape)
        try backend.fill(momentum, with: 0)
    }

    public func step(_ group: ParameterGroup, on backend: any Backend) throws {
        try backend.updateSGD(
            group.values, gradient: group.gradients, momentum: momentum,
            SGDStep(
                rate: Float(learningRate), momentum: Float(settings.momentum),
                decay: Float(settings.weightDecay), nesterov: settings.nesterov, isFirst: isFirst))
        isFirst = false
    }
}
