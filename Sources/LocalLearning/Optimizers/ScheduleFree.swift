import Foundation
import Tensors

/// Schedule-free SGD and AdamW (Defazio et al. 2024): no decay schedule and no stopping time to
/// choose, since what is evaluated is an average x of the iterates z.
public final class ScheduleFree: Optimizer {
    public let group: ParameterGroup
    public var learningRate: Double
    private let settings: OptimizerSettings
    private let beta1: Double
    private let beta2 = 0.999
    private let iterate: Tensor
    /// Nil without Adam's scaling.
    private let secondMoment: Tensor?
    private var steps = 0
    private var weightSum = 0.0
    private var maxRate = -1.0
    private var point = OptimizerPoint.training

    /// - Parameter adaptive: whether gradients are scaled as Adam scales them.
    public init(
        _ group: ParameterGroup, adaptive: Bool, _ settings: OptimizerSettings
    ) throws {
        self.group = group
        self.settings = settings
        learningRate = settings.learningRate
        beta1 = adaptive ? 0.9 : settings.momentum
        iterate = try group.makeVector()
        secondMoment = adaptive ? try group.makeVector() : nil
    }

    public var vectors: [String: Tensor] {
        secondMoment.map { ["iterate": iterate, "second_moment": $0] } ?? ["iterate": iterate]
    }

    /// The point is a part of the state: moving from one to the other and back rounds.
    public var numbers: [String: Double] {
        get {
            [
                "steps": Double(steps), "weight_sum": weightSum, "max_rate": maxRate,
                "is_at_average": point == .evaluation ? 1 : 0,
            ]
        }
        set {
            steps = newValue.count("steps")
            weightSum = newValue["weight_sum"] ?? 0
            maxRate = newValue["max_rate"] ?? -1
            point = newValue["is_at_average"] == 1 ? .evaluation : .training
        }
    }

    public func step() throws {
        if steps == 0 { try group.backend.copy(group.values, into: iterate) }
        steps += 1
        var rate = learningRate
        if steps < settings.warmupSteps { rate *= Double(steps) / Double(settings.warmupSteps) }
        if secondMoment != nil { rate *= (1 - pow(beta2, Double(steps))).squareRoot() }
        maxRate = max(rate, maxRate)
        weightSum += maxRate * maxRate
        let averaging = weightSum > 0 ? maxRate * maxRate / weightSum : 0
        try group.backend.updateScheduleFree(
            group.values, gradient: group.gradients, iterate: iterate, secondMoment: secondMoment,
            ScheduleFreeStep(
                rate: rate, beta1: beta1, beta2: beta2, decay: settings.weightDecay,
                averaging: averaging))
    }

    public func move(to point: OptimizerPoint) throws {
        guard point != self.point else { return }
        self.point = point
        guard steps > 0 else { return }
        // y = (1 − β₁)z + β₁x, solved for the one that is wanted.
        let weight = point == .training ? 1 - beta1 : 1 - 1 / beta1
        try group.backend.interpolate(group.values, toward: iterate, by: Float(weight))
    }
}
