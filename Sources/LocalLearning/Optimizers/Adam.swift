import Foundation
import Tensors

/// Adam (Kingma & Ba 2015), or with decoupled decay AdamW (Loshchilov & Hutter 2019).
public final class Adam: Optimizer {
    public var learningRate: Double
    private let settings: OptimizerSettings
    private let decoupled: Bool
    private let (beta1, beta2) = (0.9, 0.999)
    private let firstMoment, secondMoment: Tensor
    private var steps = 0

    public init(
        _ group: ParameterGroup, decoupled: Bool, _ settings: OptimizerSettings,
        on backend: any Backend
    ) throws {
        self.settings = settings
        self.decoupled = decoupled
        learningRate = settings.learningRate
        firstMoment = try backend.makeTensor(group.values.shape)
        secondMoment = try backend.makeTensor(group.values.shape)
        try backend.fill(firstMoment, with: 0)
        try backend.fill(secondMoment, with: 0)
    }

    public func step(_ group: ParameterGroup, on backend: any Backend) throws {
        steps += 1
        try backend.updateAdam(
            group.values, gradient: group.gradients, firstMoment: firstMoment,
            secondMoment: secondMoment,
            AdamStep(
                rate: learningRate, beta1: beta1, beta2: beta2, decay: settings.weightDecay,
                correction1: 1 - pow(beta1, Double(steps)),
                correction2: 1 - pow(beta2, Double(steps)), decoupled: decoupled))
    }
}
