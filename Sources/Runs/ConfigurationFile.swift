import FileFormats
import Foundation
import Suggestions
import Yams

extension RunConfiguration {
    /// A configuration is a page of text; whatever is longer is another file.
    private static let greatestSize = 1 << 16

    /// Reads `config.yaml`; keys that it leaves out keep their value of `base`.
    ///
    /// Throws ``FileError`` when it cannot be read and ``ConfigurationError`` for anything that is
    /// not a known key with a value of its kind, once.
    ///
    /// - Parameter choices: the names there are, for keys that name something.
    public init(
        reading path: String, over base: RunConfiguration = .init(),
        choices: [CodingKeys: NamedChoices] = [:]
    ) throws {
        let size = try FileSystem.size(of: path)
        guard size <= Self.greatestSize else {
            throw ConfigurationError(
                path: path,
                reason: "a configuration has at most \(Self.greatestSize) bytes, and this file has "
                    + "\(size)")
        }
        let bytes = try readFile(path, limit: Self.greatestSize)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationError(path: path, reason: "the file is not UTF-8 text")
        }
        try self.init(yaml: text, path: path, over: base, choices: choices)
    }

    /// Reads the text of a `config.yaml`; `path` is for messages.
    public init(
        yaml text: String, path: String? = nil, over base: RunConfiguration = .init(),
        choices: [CodingKeys: NamedChoices] = [:]
    ) throws(ConfigurationError) {
        let given = try Self.mapping(text, path)
        let known = CodingKeys.allCases.map(\.rawValue)
        for (key, _) in given {
            guard let name = key.string, known.contains(name) else {
                let name = key.string ?? "?"
                let guess = nearest(to: name, among: known).map { ", did you mean '\($0)'?" } ?? ""
                throw ConfigurationError(
                    path: path, line: key.mark?.line, key: name, reason: "unknown key\(guess)")
            }
        }
        var merged = try Self.mapping(base.yaml, nil)
        for (key, value) in given { merged[key] = value }
        do {
            self = try YAMLDecoder().decode(Self.self, from: .mapping(merged))
        } catch {
            let key = (error as? DecodingError)?.codingPath.first?.stringValue
            let value = key.flatMap { given[Node($0)] }
            let shown = value?.scalar.map { "'\($0.string.legible)'" } ?? "of another kind"
            let expected =
                key.flatMap { CodingKeys(rawValue: $0) }.map { Self.kind(of: $0) } ?? "another"
            throw ConfigurationError(
                path: path, line: value?.mark?.line, key: key,
                reason: "invalid value \(shown): expected \(expected)")
        }
        do {
            try check()
            try check(choices)
        } catch {
            let line = error.key.flatMap { given[Node($0)]?.mark?.line }
            throw ConfigurationError(path: path, line: line, key: error.key, reason: error.reason)
        }
    }

    private static func mapping(
        _ text: String, _ path: String?
    ) throws(ConfigurationError) -> Node.Mapping {
        try PlainYAML.check(text, path: path)
        let node: Node?
        do {
            node = try compose(yaml: text)
        } catch {
            throw ConfigurationError(path: path, error, in: text)
        }
        guard let node else { return Node.Mapping([]) }
        guard let mapping = node.mapping else {
            throw ConfigurationError(
                path: path, line: node.mark?.line, reason: "expected lines of 'key: value'")
        }
        return mapping
    }

    /// What the values of a key are, for messages.
    private static func kind(of key: CodingKeys) -> String {
        switch key {
        case .seed: "a whole number from 0 to \(UInt64.max)"
        case .epochs, .batchSize, .testBatchSize, .warmupSteps, .patience: "a whole number"
        case .freeze: "a whole number"
        case .maxSteps, .limitTrain, .limitTest, .threads, .channels: "a whole number or null"
        case .valSplit, .erase: "a number or null"
        case .temperature, .labelSmoothing, .dropout, .lr, .momentum, .weightDecay, .gamma:
            "a number"
        case .nesterov, .exact, .noExif: "true or false"
        case .milestones: "a list of whole numbers, as in [50, 80]"
        case .dataDir, .device, .imageSize, .mean, .std, .classWeights: "text or null"
        case .dataset, .model, .rule, .waveform, .pool, .optimizer, .lrScheduler, .badImages,
            .augment, .backend, .kernelEngine, .convolution, .tuning:
            "a name"
        }
    }

    /// Every value, one on a line; reading it gives this configuration again, to the last bit.
    public var yaml: String {
        let values = values
        return CodingKeys.allCases.map { key in
            "\(key.rawValue): \(values[key.rawValue]?.yaml ?? "null")\n"
        }.joined()
    }

    /// The text of every value that is set, as flags of the command line take it; lists are left out.
    package var texts: [CodingKeys: String] {
        let values = values
        return Dictionary(
            uniqueKeysWithValues: CodingKeys.allCases.compactMap { key in
                values[key.rawValue]?.text.map { (key, $0) }
            })
    }

    /// Through JSON, whose numbers come back exactly; Yams keeps 15 digits.
    private var values: [String: PlainValue] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        guard let data = try? encoder.encode(self),
            let values = try? JSONDecoder().decode([String: PlainValue].self, from: data)
        else { preconditionFailure("\(self) has a value that JSON cannot hold") }
        return values
    }
}

extension ConfigurationError {
    /// What the YAML parser found wrong, in one line.
    fileprivate init(path: String?, _ error: any Error, in text: String) {
        switch error as? YamlError {
        case .duplicatedKeysInMapping(let keys, _):
            // Yams marks the start of the mapping, which says little: find the last of the keys.
            let key = keys.first ?? ""
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            let last = lines.lastIndex { $0.hasPrefix(key + ":") }
            self.init(
                path: path, line: last.map { $0 + 1 }, key: key, reason: "duplicate key")
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.init(path: path, line: mark.line, reason: "invalid YAML: \(problem)")
        default:
            self.init(path: path, reason: "invalid YAML: \(error)")
        }
    }
}

extension DecodingError {
    fileprivate var codingPath: [any CodingKey] {
        switch self {
        case .typeMismatch(_, let context), .valueNotFound(_, let context),
            .keyNotFound(_, let context), .dataCorrupted(let context):
            context.codingPath
        @unknown default: []
        }
    }
}

/// A value of a configuration and its YAML text.
private enum PlainValue: Decodable {
    case flag(Bool)
    case natural(UInt64)
    case integer(Int64)
    case number(Double)
    case text(String)
    case list([PlainValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Bool.self) {
            self = .flag(value)
        } else if let value = try? container.decode(UInt64.self) {
            self = .natural(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else {
            self = .list(try container.decode([PlainValue].self))
        }
    }

    var yaml: String {
        switch self {
        case .text(let value): quoted(value)
        case .list(let values): "[\(values.map(\.yaml).joined(separator: ", "))]"
        default: text ?? "null"
        }
    }

    /// Without quotes; nil for a list.
    var text: String? {
        switch self {
        case .flag(let value): "\(value)"
        case .natural(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .text(let value): value
        case .list: nil
        }
    }

    /// Bare where that is plainly a string, else between double quotes.
    private func quoted(_ text: String) -> String {
        let isName = text.wholeMatch(of: /[A-Za-z\/][A-Za-z0-9_\/.\-]*/) != nil
        let isWord = ["true", "false", "yes", "no", "on", "off", "y", "n", "null"]
            .contains(text.lowercased())
        if isName && !isWord { return text }
        let escaped = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"": "\\\""
            case "\\": "\\\\"
            case "\u{20}"..<"\u{7F}": String(scalar)
            default: "\\U" + String(format: "%08x", scalar.value)
            }
        }
        return "\"\(escaped.joined())\""
    }
}
