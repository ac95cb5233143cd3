import Foundation
import Tensors

/// Adam (Kingma & Ba 2015), or with decoupled decay AdamW (Loshchilov & Hutter 2019).
public final class Adam: Optimizer {
    public let group: ParameterGroup
    public var learningRate: Double
    private let settings: OptimizerSettings
    private let decoupled: Bool
    private let (beta1, beta2) = (0.9, 0.999)
    private let firstMoment, secondMoment: Tensor
    private var steps = 0

    /// Keeps both moments for `group`, on its device.
    public init(
        _ group: ParameterGroup, decoupled: Bool, _ settings: OptimizerSettings
    ) throws {
        self.group = group
        self.settings = settings
        self.decoupled = decoupled
        learningRate = settings.learningRate
        firstMoment = try group.makeVector()
        secondMoment = try group.makeVector()
    }

    public var vectors: [String: Tensor] {
        ["first_moment": firstMoment, "second_moment": secondMoment]
    }
    public var numbers: [String: Double] {
        get { ["steps": Double(steps)] }
        set { steps = newValue.count("steps") }
    }

    public func step() throws {
        steps += 1
        try group.backend.updateAdam(
            group.values, gradient: group.gradients, firstMoment: firstMoment,
            secondMoment: secondMoment,
            AdamStep(
                rate: learningRate, beta1: beta1, beta2: beta2, decay: settings.weightDecay,
                correction1: 1 - pow(beta1, Double(steps)),
                correction2: 1 - pow(beta2, Double(steps)), decoupled: decoupled))
    }
}
