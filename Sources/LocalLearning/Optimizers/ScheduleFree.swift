import Foundation
import Tensors

/// Schedule-free SGD and AdamW (Defazio et al. 2024): no decay schedule and no stopping time to
/// choose, since what is evaluated is an average x of the iterates z.
public final class ScheduleFree: Optimizer {
    public var learningRate: Double
    private let settings: OptimizerSettings
    private let beta1: Double
    private let beta2 = 0.999
    private let iterate: Tensor
    /// Nil without Adam's scaling.
    private let secondMoment: Tensor?
    private var steps = 0
    private var weightSum = 0.0
    private var largestRate = -1.0
    private var point = OptimizerPoint.training

    /// - Parameter adaptive: whether gradients are scaled as Adam scales them.
    public init(
        _ group: ParameterGroup, adaptive: Bool, _ settings: OptimizerSettings,
        on backend: any Backend
    ) throws {
        self.settings = settings
        learningRate = settings.learningRate
        beta1 = adaptive ? 0.9 : settings.momentum
        iterate = try backend.makeTensor(group.values.shape)
        secondMoment = adaptive ? try backend.makeTensor(group.values.shape) : nil
        if let secondMoment { try backend.fill(secondMoment, with: 0) }
    }

    public func step(_ group: ParameterGroup, on backend: any Backend) throws {
        if steps == 0 { try backend.copy(group.values, into: iterate) }
        steps += 1
        var rate = learningRate
        if steps < settings.warmupSteps { rate *= Double(steps) / Double(settings.warmupSteps) }
        if secondMoment != nil { rate *= (1 - pow(beta2, Double(steps))).squareRoot() }
        largestRate = max(rate, largestRate)
        weightSum += largestRate * largestRate
        let averaging = weightSum > 0 ? largestRate * largestRate / weightSum : 0
        try backend.updateScheduleFree(
            group.values, gradient: group.gradients, iterate: iterate, secondMoment: secondMoment,
            ScheduleFreeStep(
                rate: rate, beta1: beta1, beta2: beta2, decay: settings.weightDecay,
                averaging: averaging))
    }

    public func move(
        _ group: ParameterGroup, to point: OptimizerPoint, on backend: any Backend
    ) throws {
        guard point != self.point else { return }
        self.point = point
        guard steps > 0 else { return }
        // y = (1 − β₁)z + β₁x, solved for the one that is wanted.
        let weight = point == .training ? 1 - beta1 : 1 - 1 / beta1
        try backend.interpolate(group.values, toward: iterate, by: Float(weight))
    }
}
