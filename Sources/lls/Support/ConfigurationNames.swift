import Datasets
import LocalLearning
import Runs
import Tensors

extension RunConfiguration {
    /// The names that a `config.yaml` may hold.
    static let choices: [CodingKeys: NamedChoices] = [
        .dataset: NamedChoices(
            "data set", DatasetCatalog.all.map(\.name), prefixes: ["folder:"]),
        .model: NamedChoices("model", ModelCatalog.all.map(\.name)),
        .rule: NamedChoices("learning rule", RuleCatalog.all.map(\.name)),
        .optimizer: NamedChoices("optimizer", OptimizerKind.allCases.map(\.rawValue)),
        .waveform: NamedChoices("waveform", Waveform.allCases.map(\.rawValue)),
        .pool: NamedChoices("pooling", Pooling.allCases.map(\.rawValue)),
        .badImages: NamedChoices(
            "policy for bad images", BadImagePolicy.allCases.map(\.rawValue)),
        .lrScheduler: NamedChoices(
            "learning-rate schedule", ["MultiStepLR", "ReduceLROnPlateau", "none"]),
        .backend: NamedChoices("backend", BackendOptions.Kind.allCases.map(\.rawValue)),
        .tuning: NamedChoices("tuning", BackendOptions.Tuning.allCases.map(\.rawValue)),
        .convolution: NamedChoices("convolution", ConvolutionAlgorithm.allCases.map(\.rawValue)),
    ]
}
