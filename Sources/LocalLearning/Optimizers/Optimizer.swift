import Tensors

/// What the updates of all kinds are set by.
public struct OptimizerSettings: Hashable, Sendable {
    public var learningRate: Double
    public var momentum: Double
    public var weightDecay: Double
    public var nesterov: Bool
    /// Steps over which a schedule-free optimizer raises its rate from 0.
    public var warmupSteps: Int

    public init(
        learningRate: Double = 0.1, momentum: Double = 0.9, weightDecay: Double = 0,
        nesterov: Bool = false, warmupSteps: Int = 0
    ) {
        self.learningRate = learningRate
        self.momentum = momentum
        self.weightDecay = weightDecay
        self.nesterov = nesterov
        self.warmupSteps = warmupSteps
    }
}

/// Updates one group of parameters, and keeps that group's state.
public protocol Optimizer: AnyObject {
    /// What a schedule changes between steps.
    var learningRate: Double { get set }

    /// One update of `group` by its gradients.
    func step(_ group: ParameterGroup, on backend: any Backend) throws

    /// Moves `group` to the values to evaluate and save, or back to those to train on. Moving where
    /// it already is does nothing.
    func move(_ group: ParameterGroup, to point: OptimizerPoint, on backend: any Backend) throws
}

/// Where a schedule-free optimizer's parameters stand; for all others the two are one.
public enum OptimizerPoint: Sendable {
    /// y, where gradients are taken.
    case training
    /// x, the average.
    case evaluation
}

extension Optimizer {
    public func move(
        _ group: ParameterGroup, to point: OptimizerPoint, on backend: any Backend
    ) throws {}
}
