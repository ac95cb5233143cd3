import Datasets
import LocalLearning
import Runs
import Tensors

extension RunConfiguration {
    /// The names that a `config.yaml` may hold.
    static var choices: [CodingKeys: NamedChoices] {
        [
            .dataset: NamedChoices(
                DatasetNames.kind, DatasetNames.entries.map(\.name), prefixes: ["folder:"]),
            .model: ModelNames.choices,
            .rule: RuleNames.choices,
            .optimizer: OptimizerNames.choices,
            .waveform: Cases<Waveform>.choices,
            .pool: Cases<Pooling>.choices,
            .augment: AugmentationNames.choices,
            .badImages: Cases<BadImagePolicy>.choices,
            .lrScheduler: Cases<ScheduleKind>.choices,
            .backend: Cases<BackendOptions.Kind>.choices,
            .kernelEngine: EngineNames.choices,
            .tuning: Cases<BackendOptions.Tuning>.choices,
            .convolution: Cases<ConvolutionAlgorithm>.choices,
        ]
    }
}
