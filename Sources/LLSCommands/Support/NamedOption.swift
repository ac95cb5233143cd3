import ArgumentParser
import Runs

/// A closed set of names that an option takes.
protocol NameCatalog {
    associatedtype Entry
    /// What one of them is: "learning rule".
    static var kind: String { get }
    static var entries: [(name: String, entry: Entry)] { get }
    /// Texts that end so are taken beside the names.
    static var suffixes: [String] { get }

    /// The entry that a user named: case, `-` and `_` do not count.
    ///
    /// - Throws: `ValidationError` with the nearest name and all there are.
    static func entry(_ name: String) throws -> Entry
}

extension NameCatalog {
    static func entry(_ name: String) throws -> Entry {
        try lookUp(name, among: entries, called: kind, by: \.name).entry
    }

    /// The same names, for readers of `config.yaml`.
    static var choices: NamedChoices {
        NamedChoices(kind, entries.map(\.name), suffixes: suffixes)
    }

    static var suffixes: [String] { [] }
}

/// An option whose value is one of a catalog's names: help and completion list them.
///
/// Any text is taken at first, and ``entry`` refuses it with the nearest name; the argument parser
/// knows neither that nor that case does not count.
struct Named<Catalog: NameCatalog>: ExpressibleByArgument {
    /// As the user spelt it.
    let text: String

    init(_ text: String) { self.text = text }
    init?(argument: String) { self.init(argument) }

    var entry: Catalog.Entry {
        get throws { try Catalog.entry(text) }
    }

    var defaultValueDescription: String { text }
    static var allValueStrings: [String] { Catalog.entries.map(\.name) }
    static var defaultCompletionKind: CompletionKind { Catalog.completion }
}

/// An enumeration whose cases a user may name.
protocol NamedCases: CaseIterable, RawRepresentable where RawValue == String {
    static var kind: String { get }
}

/// The cases of an enumeration as a catalog.
enum Cases<Value: NamedCases>: NameCatalog {
    static var kind: String { Value.kind }
    static var entries: [(name: String, entry: Value)] {
        Value.allCases.map { ($0.rawValue, $0) }
    }
}
