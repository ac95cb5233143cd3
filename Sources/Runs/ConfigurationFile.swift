import FileFormats
import Foundation
import Yams

/// A configuration as a file has it, and where in the file each of its values stands.
public struct ConfigurationFile: Sendable {
    /// Nil for a text that is no file's.
    public let path: String?
    /// The file's values, and for keys that it leaves out those of the base.
    public let configuration: RunConfiguration
    /// The places of the values that the file has.
    public let places: [RunConfiguration.CodingKeys: Place]

    /// Where a value begins, counted from 1.
    public struct Place: Sendable, Equatable {
        public let line, column: Int

        /// A place in some text.
        public init(line: Int, column: Int) {
            self.line = line
            self.column = column
        }
    }

    /// A configuration is a page of text; whatever is longer is another file.
    private static let greatestSize = 1 << 16

    /// Reads `config.yaml`; keys that it leaves out keep their value of `base`.
    ///
    /// - Parameter choices: the names there are, for keys that name something.
    /// - Throws: `FileError` when it cannot be read; ``ConfigurationError`` for anything that is not a
    ///   known key with a value of its kind, once, and for a format that is newer than
    ///   ``RunConfiguration/format``.
    public init(
        reading path: String, over base: RunConfiguration = .init(),
        choices: [RunConfiguration.CodingKeys: NamedChoices] = [:]
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
        choices: [RunConfiguration.CodingKeys: NamedChoices] = [:]
    ) throws(ConfigurationError) {
        self.path = path
        try Self.checkFormat(text, path)
        var given = try Self.mapping(text, path)
        if let format = given["format"] { try Self.checkFormat(format, path) }
        given["format"] = nil
        var places: [RunConfiguration.CodingKeys: Place] = [:]
        for (key, value) in given {
            guard let name = key.string, let known = RunConfiguration.CodingKeys(rawValue: name)
            else {
                let name = key.string ?? "?"
                let guess =
                    RunConfiguration.CodingKeys.nearest(to: name)
                    .map { ", did you mean '\($0.rawValue)'?" } ?? ""
                throw ConfigurationError(
                    path: path, line: key.mark?.line, column: key.mark?.column, key: name,
                    reason: "unknown key\(guess)")
            }
            places[known] = (value.mark ?? key.mark).map { Place(line: $0.line, column: $0.column) }
        }
        self.places = places
        var merged = try Self.mapping(base.yaml, nil)
        merged["format"] = nil
        for (key, value) in given { merged[key] = value }
        do {
            configuration = try YAMLDecoder().decode(
                RunConfiguration.self, from: .mapping(merged))
        } catch {
            throw Self.wrongKind(error, given, path)
        }
        do {
            try configuration.check()
            try configuration.check(choices)
        } catch {
            throw placing(error)
        }
    }

    /// The error with the place of its key in the file, if the file has the key.
    public func placing(_ error: ConfigurationError) -> ConfigurationError {
        guard error.path == nil, error.line == nil,
            let key = error.key.flatMap(RunConfiguration.CodingKeys.init(rawValue:)),
            let place = places[key]
        else { return error }
        return ConfigurationError(
            path: path, line: place.line, column: place.column, key: error.key,
            reason: error.reason)
    }

    /// Refuses a newer format before the rest of the text is looked at, which may be anything.
    private static func checkFormat(_ text: String, _ path: String?) throws(ConfigurationError) {
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        for (index, line) in lines.enumerated() where line.hasPrefix("format:") {
            let value = line.dropFirst(7).prefix { $0 != "#" }
            let digits = value.drop { $0 == " " || $0 == "\t" }.prefix { !$0.isWhitespace }
            guard isNewer(digits) else { continue }
            throw newerFormat(
                digits, path, line: index + 1,
                column: line.distance(from: line.startIndex, to: digits.startIndex) + 1)
        }
    }

    /// The same for every way to write it in YAML.
    private static func checkFormat(
        _ node: Node, _ path: String?
    ) throws(ConfigurationError) {
        let text = node.scalar?.string ?? ""
        if isNewer(text[...]) {
            throw newerFormat(text[...], path, line: node.mark?.line, column: node.mark?.column)
        }
        guard let version = Int(text), version >= 1 else {
            throw ConfigurationError(
                path: path, line: node.mark?.line, column: node.mark?.column, key: "format",
                reason: "invalid value '\(text.legible)': expected a whole number from 1")
        }
    }

    private static func isNewer(_ digits: Substring) -> Bool {
        guard (1...1000).contains(digits.utf8.count), digits.utf8.first != UInt8(ascii: "0"),
            digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return false }
        return Int(digits).map { $0 > RunConfiguration.format } ?? true
    }

    private static func newerFormat(
        _ version: Substring, _ path: String?, line: Int?, column: Int?
    ) -> ConfigurationError {
        ConfigurationError(
            path: path, line: line, column: column, key: "format",
            reason: "written by a newer lls: format \(version.prefix(20)), this one reads up to "
                + "\(RunConfiguration.format)\nUpdate lls to use the file.")
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
                path: path, line: node.mark?.line, column: node.mark?.column,
                reason: "expected lines of 'key: value'")
        }
        return mapping
    }

    /// What a value is that cannot be decoded, and what it should be.
    private static func wrongKind(
        _ error: any Error, _ given: Node.Mapping, _ path: String?
    ) -> ConfigurationError {
        let codingPath = (error as? DecodingError)?.codingPath ?? []
        let key = codingPath.first?.stringValue
        var value = key.flatMap { given[Node($0)] }
        if codingPath.count > 1, let place = codingPath[1].intValue,
            let list = value?.sequence, list.indices.contains(place)
        {
            value = list[place]
        }
        let shown = value?.scalar.map { "'\($0.string.legible)'" } ?? "of another kind"
        let expected =
            key.flatMap { RunConfiguration.CodingKeys(rawValue: $0) }
            .map { RunConfiguration.kind(of: $0) } ?? "another"
        return ConfigurationError(
            path: path, line: value?.mark?.line, column: value?.mark?.column, key: key,
            reason: "invalid value \(shown): expected \(expected)")
    }
}

extension RunConfiguration {
    /// Reads `config.yaml`, see ``ConfigurationFile``.
    public init(
        reading path: String, over base: RunConfiguration = .init(),
        choices: [CodingKeys: NamedChoices] = [:]
    ) throws {
        self = try ConfigurationFile(reading: path, over: base, choices: choices).configuration
    }

    /// Reads the text of a `config.yaml`; `path` is for messages.
    public init(
        yaml text: String, path: String? = nil, over base: RunConfiguration = .init(),
        choices: [CodingKeys: NamedChoices] = [:]
    ) throws(ConfigurationError) {
        self = try ConfigurationFile(
            yaml: text, path: path, over: base, choices: choices
        ).configuration
    }

    /// What the values of a key are, for messages.
    static func kind(of key: CodingKeys) -> String {
        switch key {
        case .seed: "a whole number from 0 to \(UInt64.max)"
        case .epochs, .batchSize, .testBatchSize, .warmupSteps, .patience: "a whole number"
        case .freeze, .reportEvery: "a whole number"
        case .maxSteps, .limitTrain, .limitTest, .threads, .channels: "a whole number or null"
        case .valSplit, .erase: "a number or null"
        case .temperature, .labelSmoothing, .dropout, .lr, .momentum, .weightDecay, .gamma:
            "a number"
        case .nesterov, .exact, .noExif, .newHead: "true or false"
        case .milestones: "a list of whole numbers, as in [50, 80]"
        case .dataDir, .device, .imageSize, .mean, .std, .classWeights, .initialWeights,
            .initialWeightsSHA256:
            "text or null"
        case .dataset, .model, .rule, .waveform, .pool, .optimizer, .lrScheduler, .badImages,
            .augment, .backend, .kernelEngine, .convolution, .tuning:
            "a name"
        }
    }
}

extension ConfigurationError {
    /// What the YAML parser found wrong, in one line.
    fileprivate init(path: String?, _ error: any Error, in text: String) {
        switch error as? YamlError {
        case .duplicatedKeysInMapping(let keys, let context):
            // Yams marks the start of the mapping, which says little: find the last of the keys.
            let key = keys.first ?? ""
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            let last = lines.lastIndex { $0.hasPrefix(key + ":") }
            self.init(
                path: path, line: last.map { $0 + 1 } ?? context.mark.line,
                column: last == nil ? context.mark.column : 1, key: key, reason: "duplicate key")
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.init(
                path: path, line: mark.line, column: mark.column, reason: "invalid YAML: \(problem)"
            )
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
