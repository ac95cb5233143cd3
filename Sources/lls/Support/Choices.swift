import Datasets
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

    /// - Throws: `ValidationError` for the first name that stands for nothing, with the nearest that
    ///   does.
    init(_ configuration: RunConfiguration) throws {
        dataset = try lookUp(
            configuration.dataset, among: DatasetCatalog.all, called: "data set", by: \.name)
        model = try lookUp(
            configuration.model, among: ModelCatalog.all, called: "model", by: \.name)
        rule = try lookUp(
            configuration.rule, among: RuleCatalog.all, called: "learning rule", by: \.name)
        optimizer = try lookUp(
            configuration.optimizer, among: OptimizerKind.allCases, called: "optimizer",
            by: \.rawValue)
        waveform = try lookUp(
            configuration.waveform, among: Waveform.allCases, called: "waveform", by: \.rawValue)
    }

    /// The configuration with these names as they are published.
    func spelling(_ configuration: RunConfiguration) -> RunConfiguration {
        var configuration = configuration
        configuration.dataset = dataset.name
        configuration.model = model.name
        configuration.rule = rule.name
        configuration.optimizer = optimizer.rawValue
        configuration.waveform = waveform.rawValue
        return configuration
    }
}
