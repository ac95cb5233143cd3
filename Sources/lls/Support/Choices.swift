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
    let optimizer: OptimizerKind
    let waveform: Waveform
    let pooling: Pooling
    let schedule: LearningRateSchedule
    let badImages: BadImagePolicy
    let scheduleName: String

    /// - Throws: `ValidationError` for the first name that stands for nothing, with the nearest that
    ///   does.
    init(_ configuration: RunConfiguration) throws {
        dataset = try namedDataset(configuration.dataset)
        model = try lookUp(
            configuration.model, among: ModelCatalog.all, called: "model", by: \.name)
        rule = try lookUp(
            configuration.rule, among: RuleCatalog.all, called: "learning rule", by: \.name)
        optimizer = try lookUp(
            configuration.optimizer, among: OptimizerKind.allCases, called: "optimizer",
            by: \.rawValue)
        waveform = try lookUp(
            configuration.waveform, among: Waveform.allCases, called: "waveform", by: \.rawValue)
        pooling = try lookUp(
            configuration.pool, among: Pooling.allCases, called: "pooling", by: \.rawValue)
        badImages = try lookUp(
            configuration.badImages, among: BadImagePolicy.allCases,
            called: "policy for bad images", by: \.rawValue)
        let schedules: [(name: String, schedule: LearningRateSchedule)] = [
            (
                "MultiStepLR",
                .multiStep(milestones: configuration.milestones, gamma: configuration.gamma)
            ),
            (
                "ReduceLROnPlateau",
                .plateau(gamma: configuration.gamma, patience: configuration.patience)
            ),
            ("none", .constant),
        ]
        (scheduleName, schedule) = try lookUp(
            configuration.lrScheduler, among: schedules, called: "learning-rate schedule",
            by: \.name)
    }

    /// Reads the data set. A folder that was named must be there.
    func load(_ configuration: RunConfiguration) throws -> ImageDataset {
        if let folder = configuration.dataDir, !FileSystem.exists(folder) {
            throw FileError(
                path: folder, operation: "open the data folder", reason: "it is not there",
                category: .missingInput)
        }
        return try dataset.load(dataDirectory: configuration.dataDir)
    }

    /// The configuration with these names as they are published.
    func spelling(_ configuration: RunConfiguration) -> RunConfiguration {
        var configuration = configuration
        configuration.dataset = dataset.name
        configuration.model = model.name
        configuration.rule = rule.name
        configuration.optimizer = optimizer.rawValue
        configuration.waveform = waveform.rawValue
        configuration.pool = pooling.rawValue
        configuration.lrScheduler = scheduleName
        configuration.badImages = badImages.rawValue
        return configuration
    }
}
