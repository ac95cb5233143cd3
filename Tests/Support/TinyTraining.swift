import LocalLearning
import Tensors

/// A small training without any data set: two convolutions on random images.
public struct TinyTraining {
    public static let architecture = Architecture(
        "Tiny",
        [
            .convolution(4, pool: 2), .maxPool, .dropout, .convolution(6, pool: 1),
            .averagePool(1), .linear(8, pool: 8),
        ])

    public let trainer: Trainer

    /// Three epochs of four steps, unless it is told otherwise.
    public init(
        rule: any LearningRule, optimizer: any OptimizerKind, epochs: Int = 3,
        dropout: Float = 0.2, on backend: any Backend
    ) throws {
        let description = try NetworkDescription(
            Self.architecture, input: [8, 8, 1], classes: 3, rule: rule,
            NetworkOptions(dropout: dropout))
        trainer = try Trainer(
            Network(description, batch: 4, seed: 1, on: backend), optimizer: optimizer,
            OptimizerSettings(learningRate: 0.01, weightDecay: 1e-4, warmupSteps: 3),
            TrainingOptions(
                epochs: epochs, reportEvery: 3, statisticsBatches: 2,
                schedule: .multiStep(milestones: [1], gamma: 0.5)))
    }

    /// Trains until the end, or until `steps` of the whole run have been taken.
    public func run(until steps: Int = .max) throws {
        do {
            _ = try trainer.run(
                train: TinySource(), test: TinySource(), keepsState: true,
                afterStep: { if trainer.position.steps >= steps { throw Stop() } })
        } catch is Stop {}
    }

    /// What ends a run.
    public struct Stop: Error {
        /// Without a reason.
        public init() {}
    }
}
