import FileFormats
import Suggestions

/// What a key of a configuration may name: one of a catalog, in any case, with or without `-` and `_`.
///
/// This module knows none of the catalogs; whoever reads a configuration hands them over.
public struct NamedChoices: Sendable {
    /// "model", "learning rule".
    public let kind: String
    public let names: [String]
    /// Texts that begin so are names too: `folder:`.
    public let prefixes: [String]
    /// Texts that end so are names too: `.yaml`.
    public let suffixes: [String]

    public init(
        _ kind: String, _ names: [String], prefixes: [String] = [], suffixes: [String] = []
    ) {
        self.kind = kind
        self.names = names
        self.prefixes = prefixes
        self.suffixes = suffixes
    }

    /// Nil if it is one of the names, otherwise what is wrong.
    func problem(with name: String) -> String? {
        let isKnown =
            names.contains { plainName($0) == plainName(name) }
            || prefixes.contains { name.utf8.starts(with: $0.utf8) }
            || suffixes.contains { name.hasSuffix($0) }
        guard !isKnown else { return nil }
        let guess = nearest(to: name, among: names).map { ", did you mean '\($0)'?" } ?? ""
        return "unknown \(kind) '\(name.legible)'\(guess)\nKnown: \(names.joined(separator: ", "))"
    }
}

extension RunConfiguration {
    /// The values of the keys that name something.
    private func name(of key: CodingKeys) -> String? {
        switch key {
        case .dataset: dataset
        case .model: model
        case .rule: rule
        case .waveform: waveform
        case .pool: pool
        case .optimizer: optimizer
        case .lrScheduler: lrScheduler
        case .badImages: badImages
        case .augment: augment
        case .backend: backend
        case .kernelEngine: kernelEngine
        case .convolution: convolution
        case .tuning: tuning
        default: nil
        }
    }

    /// Throws ``ConfigurationError`` for the first key that names nothing.
    func check(_ choices: [CodingKeys: NamedChoices]) throws(ConfigurationError) {
        for key in CodingKeys.allCases {
            guard let name = name(of: key), let problem = choices[key]?.problem(with: name) else {
                continue
            }
            throw ConfigurationError(key: key.rawValue, reason: problem)
        }
    }
}
