import Datasets
import LocalLearning
import Runs
import Suggestions
import Synchronization

/// Everything that can be named: what the libraries bring, then what the program's own `main` adds.
///
/// The argument parser asks types, not values, which names an option takes, so that this is global. It is
/// set once, before anything is parsed.
enum Registry {
    private static let added = Mutex(LLSCommandLine())

    /// - Throws: ``ConfigurationError`` for the first name that is there twice, or is none.
    static func set(_ commandLine: LLSCommandLine) throws(ConfigurationError) {
        added.withLock { $0 = commandLine }
        try check(ModelNames.self)
        try check(RuleNames.self)
        try check(OptimizerNames.self)
        try check(DatasetNames.self)
    }

    static var programName: String { added.withLock(\.name) }
    static var models: [Architecture] { ModelCatalog.all + added.withLock(\.architectures) }
    static var rules: [any LearningRule] { RuleCatalog.all + added.withLock(\.rules) }
    static var optimizers: [any OptimizerKind] {
        OptimizerCatalog.all + added.withLock(\.optimizers)
    }
    static var datasets: [DatasetDescription] { DatasetCatalog.all + added.withLock(\.datasets) }

    private static func check(_ catalog: (some NameCatalog).Type) throws(ConfigurationError) {
        var seen: Set<String> = []
        for (name, _) in catalog.entries {
            let plain = plainName(name)
            let problem =
                if plain.isEmpty {
                    "a \(catalog.kind) needs a name, not '\(name.legible)'"
                } else if !seen.insert(plain).inserted {
                    "the \(catalog.kind) '\(name.legible)' is there already: give yours another name"
                } else {
                    String?.none
                }
            if let problem { throw ConfigurationError(reason: problem) }
        }
    }
}
