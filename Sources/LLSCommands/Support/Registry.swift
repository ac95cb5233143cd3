import Datasets
import FileFormats
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
        let problem = nameConflict(catalog.entries.map(\.name), kind: catalog.kind)
        if let problem { throw ConfigurationError(reason: problem) }
    }
}

/// What keeps these names from being told apart; nil if nothing does.
package func nameConflict(_ names: [String], kind: String) -> String? {
    var seen: Set<String> = []
    for name in names {
        let plain = plainName(name)
        if plain.isEmpty { return "invalid name '\(name.legible)' of a \(kind): it has no letters" }
        if !seen.insert(plain).inserted {
            return "two entries are called \(kind) '\(name.legible)': give yours another name"
        }
    }
    return nil
}
