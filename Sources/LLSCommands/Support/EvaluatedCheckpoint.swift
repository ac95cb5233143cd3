import Checkpoints
import Datasets
import FileFormats
import LocalLearning
import Runs
import Tensors

/// A checkpoint within an epoch: its parameters are those in training, and its run would evaluate others.
/// Schedule-free optimizers give their averages, and running statistics are fitted to them on training
/// data.
struct EvaluatedCheckpoint {
    let trainer: Trainer
    /// What the statistics are fitted on.
    let train: LoaderSource

    /// - Parameters:
    ///   - data: of the run.
    ///   - batch: samples that the network will be given at most; those of the training fit, too.
    /// - Throws: `FileError` for a damaged checkpoint; `TrainerStateError` for one of another run; what
    ///   the device throws.
    init(
        _ checkpoint: Checkpoint, _ description: NetworkDescription, _ choices: Choices,
        _ configuration: RunConfiguration, _ data: ImageDataset, batch: Int,
        on backend: any Backend
    ) throws {
        let network = try Network(
            description, batch: max(configuration.batchSize, batch), seed: configuration.seed,
            on: backend)
        trainer = try Trainer(
            network, optimizer: choices.optimizer, OptimizerSettings(configuration),
            TrainingOptions(epochs: configuration.epochs, schedule: choices.schedule))
        try trainer.restore(try checkpoint.state())
        train = LoaderSource(
            .training(
                data, seed: configuration.seed, batchSize: configuration.batchSize,
                limit: configuration.limitTrain))
    }

    /// The weights that the run would evaluate.
    func weights() throws -> SafetensorsFile {
        try trainer.prepareEvaluation(train: train)
        return try trainer.network.weights()
    }
}
