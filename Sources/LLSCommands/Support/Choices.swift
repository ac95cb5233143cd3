import Datasets
import FileFormats
import Foundation
import LocalLearning
import Runs
import Tensors

/// What the names in a configuration stand for.
struct Choices {
    let dataset: DatasetDescription
    let model: Architecture
    let rule: any LearningRule
    let optimizer: any OptimizerKind
    let waveform: Waveform
    let pooling: Pooling
    let schedule: LearningRateSchedule
    let badImages: BadImagePolicy
    /// Nil for the data set's own.
    let augmentation: PreparationSettings.Augmentation?
    let scheduleKind: ScheduleKind

    /// - Throws: `ValidationError` for the first name that stands for nothing, with the nearest that
    ///   does.
    ///
    /// - Parameter architecture: in place of the one that the configuration names.
    init(_ configuration: RunConfiguration, architecture: Architecture? = nil) throws {
        dataset = try namedDataset(configuration.dataset)
        model = try architecture ?? ModelNames.entry(configuration.model)
        rule = try RuleNames.entry(configuration.rule)
        optimizer = try OptimizerNames.entry(configuration.optimizer)
        waveform = try Cases<Waveform>.entry(configuration.waveform)
        pooling = try Cases<Pooling>.entry(configuration.pool)
        badImages = try Cases<BadImagePolicy>.entry(configuration.badImages)
        augmentation = try AugmentationNames.entry(configuration.augment)
        scheduleKind = try Cases<ScheduleKind>.entry(configuration.lrScheduler)
        schedule =
            switch scheduleKind {
            case .multiStep:
                .multiStep(milestones: configuration.milestones, gamma: configuration.gamma)
            case .plateau:
                .plateau(gamma: configuration.gamma, patience: configuration.patience)
            case .constant: .constant
            }
    }

    /// Refuses what the chosen optimizer and schedule cannot train with, by the names of the flags.
    func checkTraining(_ configuration: RunConfiguration) throws(ConfigurationError) {
        do { try optimizer.check(OptimizerSettings(configuration)) } catch {
            throw ConfigurationError(
                key: Self.flags[error.setting] ?? error.setting,
                reason: "\(error.reason) (with \(optimizer.name))")
        }
        do { try schedule.check() } catch {
            throw ConfigurationError(
                key: error.setting, reason: "\(error.reason) (with \(scheduleKind.rawValue))")
        }
    }

    /// The flags of an optimizer's settings whose names differ from them.
    private static let flags = [
        "learning rate": "lr", "weight decay": "weight-decay", "warm-up steps": "warmup-steps",
    ]

    /// The network for images of `input` `[height, width, channels]`; throws ``ArchitectureError``.
    func network(
        _ configuration: RunConfiguration, input: Shape, classes: Int,
        classWeights: [Float]? = nil
    ) throws(ArchitectureError) -> NetworkDescription {
        try NetworkDescription(
            model, input: input, classes: classes, rule: rule,
            NetworkOptions(
                localLoss: LocalLossSettings(
                    waveform: waveform,
                    crossEntropy: CrossEntropyOptions(
                        temperature: Float(configuration.temperature),
                        labelSmoothing: Float(configuration.labelSmoothing))),
                pooling: pooling, dropout: Float(configuration.dropout),
                frozenBlocks: configuration.freeze, classWeights: classWeights))
    }

    /// The configuration with the folder that `$LLS_DATA` names, if that is where the data set is
    /// looked for, and with absolute paths: whoever repeats the run may have set another variable, or
    /// none, and be in another folder.
    func recordingPlaces(in configuration: RunConfiguration) -> RunConfiguration {
        var configuration = configuration
        if configuration.dataDir == nil, !dataset.namesItsPlace {
            configuration.dataDir = Environment.path("LLS_DATA")
        }
        configuration.dataDir = configuration.dataDir?.absolutePath
        configuration.initialWeights = configuration.initialWeights?.absolutePath
        let prefix = "folder:"
        if configuration.dataset.hasPrefix(prefix) {
            let path = String(configuration.dataset.dropFirst(prefix.count))
            configuration.dataset = prefix + path.absolutePath
        }
        return configuration
    }

    /// The configuration with these names as they are published.
    func spelling(_ configuration: RunConfiguration) -> RunConfiguration {
        var configuration = configuration
        configuration.dataset = dataset.name
        configuration.model = model.name
        configuration.rule = rule.name
        configuration.optimizer = optimizer.name
        configuration.waveform = waveform.rawValue
        configuration.pool = pooling.rawValue
        configuration.lrScheduler = scheduleKind.rawValue
        configuration.badImages = badImages.rawValue
        configuration.augment = augmentation?.rawValue ?? "default"
        return configuration
    }
}

extension OptimizerSettings {
    init(_ configuration: RunConfiguration) {
        self.init(
            learningRate: configuration.lr, momentum: configuration.momentum,
            weightDecay: configuration.weightDecay, nesterov: configuration.nesterov,
            warmupSteps: configuration.warmupSteps)
    }
}
