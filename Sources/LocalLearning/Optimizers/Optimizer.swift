import Tensors

/// What the updates of all kinds are set by.
public struct OptimizerSettings: Hashable, Sendable {
    /// Before any schedule.
    public var learningRate: Double
    /// Of SGD, and β₁ of its schedule-free form.
    public var momentum: Double
    /// L2 decay.
    public var weightDecay: Double
    /// Whether SGD's momentum looks ahead.
    public var nesterov: Bool
    /// Steps over which a schedule-free optimizer raises its rate from 0.
    public var warmupSteps: Int

    /// PyTorch's usual values.
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

/// Updates one group of parameters, and keeps that group's state on its device.
public protocol Optimizer: AnyObject {
    /// What it updates.
    var group: ParameterGroup { get }

    /// What a schedule changes between steps.
    var learningRate: Double { get set }

    /// The vectors that it keeps, by name, each shaped as ``ParameterGroup/values``.
    var vectors: [String: Tensor] { get }

    /// The numbers that it keeps besides, by name: steps, sums. Setting them to what they were brings
    /// it back to that state.
    var numbers: [String: Double] { get set }

    /// One update of the group by its gradients.
    func step() throws

    /// Moves the group to the values to evaluate and save, or back to those to train on. Moving where
    /// it already is does nothing.
    func move(to point: OptimizerPoint) throws
}

/// Where a schedule-free optimizer's parameters stand; for all others the two are one.
public enum OptimizerPoint: Sendable {
    /// y, where gradients are taken.
    case training
    /// x, the average.
    case evaluation
}

extension Optimizer {
    public func move(to point: OptimizerPoint) throws {}

    /// Everything that it keeps, as values that do not depend on the device; waits for it.
    public func state() throws -> OptimizerState {
        OptimizerState(
            learningRate: learningRate, numbers: numbers,
            vectors: try vectors.mapValues(group.split))
    }

    /// Goes on from a state, so that the next step is the one that would have followed there.
    ///
    /// - Throws: ``ParameterStateError`` if the state is of other parameters or another optimizer.
    public func restore(_ state: OptimizerState) throws {
        for name in numbers.keys where state.numbers[name]?.isFinite != true {
            throw ParameterStateError(parameter: name)
        }
        for (name, vector) in vectors {
            try group.join(state.vectors[name] ?? [:], into: vector)
        }
        numbers = state.numbers
        learningRate = state.learningRate
    }
}

/// What an optimizer keeps for its group.
public struct OptimizerState: Sendable, Equatable {
    /// In effect when the state was taken.
    public var learningRate: Double
    /// ``Optimizer/numbers``.
    public var numbers: [String: Double]
    /// By vector and by the name of the parameter: elements in file order.
    public var vectors: [String: [String: [Float]]]

    /// A state from its parts.
    public init(
        learningRate: Double, numbers: [String: Double], vectors: [String: [String: [Float]]]
    ) {
        self.learningRate = learningRate
        self.numbers = numbers
        self.vectors = vectors
    }
}

extension [String: Double] {
    /// A whole number that an optimizer keeps; 0 if there is none.
    func count(_ name: String) -> Int { self[name].flatMap { Int(exactly: $0) } ?? 0 }
}
