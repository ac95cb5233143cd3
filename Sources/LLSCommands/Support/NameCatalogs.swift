import Architectures
import Datasets
import FileFormats
import LocalLearning
import OpenCLBackend
import Runs
import Suggestions
import Tensors

// What options with a closed set of values can be set to, for the command line and `config.yaml`.

enum ModelNames: NameCatalog {
    static let kind = "model"
    static var entries: [(name: String, entry: Architecture)] {
        Registry.models.map { ($0.name, $0) }
    }
    static let suffixes = [".yaml", ".yml"]

    /// Whether a name is that of a file. It is read when the command runs: the argument parser gives
    /// every error that it meets the exit status of its own.
    static func isFile(_ name: String) -> Bool { suffixes.contains(where: name.hasSuffix) }

    /// A network of the catalog, or one in a file.
    static func entry(_ name: String) throws -> Architecture {
        guard isFile(name) else {
            return try lookUp(name, among: entries, called: kind, by: \.name).entry
        }
        let read = try Architecture(reading: name)
        if let known = entries.first(where: { plainName($0.name) == plainName(read.name) }),
            known.entry.stages != read.stages
        {
            throw ConfigurationError(
                path: name, key: "name",
                reason: "another network is called \(known.name.legible): give yours another name")
        }
        return read
    }
}

enum RuleNames: NameCatalog {
    static let kind = "learning rule"
    static var entries: [(name: String, entry: any LearningRule)] {
        Registry.rules.map { ($0.name, $0) }
    }
}

enum OptimizerNames: NameCatalog {
    static let kind = "optimizer"
    static var entries: [(name: String, entry: any OptimizerKind)] {
        Registry.optimizers.map { ($0.name, $0) }
    }
}

/// Without `folder:PATH`, which is no name of a catalog.
enum DatasetNames: NameCatalog {
    static let kind = "data set"
    static var entries: [(name: String, entry: DatasetDescription)] {
        Registry.datasets.map { ($0.name, $0) }
    }
}

/// `default` is nil: the data set's own.
enum AugmentationNames: NameCatalog {
    static let kind = "augmentation"
    static var entries: [(name: String, entry: PreparationSettings.Augmentation?)] {
        [("default", nil)] + PreparationSettings.Augmentation.allCases.map { ($0.rawValue, $0) }
    }
}

/// The schedules, before their numbers are known.
enum ScheduleKind: String, NamedCases {
    case multiStep = "MultiStepLR"
    case plateau = "ReduceLROnPlateau"
    case constant = "none"

    static var kind: String { "learning-rate schedule" }
}

/// `auto` is nil: the device's own.
enum EngineNames: NameCatalog {
    static let kind = "kernel engine"
    static var entries: [(name: String, entry: KernelEngine?)] {
        [("auto", nil)] + KernelEngine.allCases.map { ($0.rawValue, $0) }
    }
}

extension Waveform: NamedCases {
    static var kind: String { "waveform" }
}

extension Pooling: NamedCases {
    static var kind: String { "pooling" }
}

extension BadImagePolicy: NamedCases {
    static var kind: String { "policy for bad images" }
}

extension ConvolutionAlgorithm: NamedCases {
    static var kind: String { "convolution algorithm" }
}

extension BackendOptions.Kind: NamedCases {
    static var kind: String { "backend" }
}

extension BackendOptions.Tuning: NamedCases {
    static var kind: String { "tuning mode" }
}

extension ProgressStyle: NamedCases {
    static var kind: String { "progress style" }
}

extension DenseOperation.Pass: NamedCases {
    static var kind: String { "pass" }
}
