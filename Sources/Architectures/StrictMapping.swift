import FileFormats
import Runs
import Suggestions
import Yams

/// A mapping whose keys are taken one by one, and of which none may be left over. Every error names
/// the line and the column.
struct StrictMapping {
    private let node: Node
    private let path: String?
    private var left: [(key: Node, value: Node)]
    /// Keys that were asked for, for suggestions.
    private var asked: [String] = []

    /// Reads the text of a page.
    init(text: String, path: String?) throws(ConfigurationError) {
        let node: Node?
        do { node = try compose(yaml: text) } catch {
            throw ConfigurationError(path: path, error)
        }
        guard let node else { throw ConfigurationError(path: path, reason: "the file is empty") }
        try self.init(node, path)
    }

    init(_ node: Node, _ path: String?) throws(ConfigurationError) {
        guard let mapping = node.mapping else {
            throw ConfigurationError(
                path, node, reason: "a mapping was expected, as in {channels: 32, pool: 4}")
        }
        self.node = node
        self.path = path
        left = mapping.map { ($0.key, $0.value) }
    }

    mutating func has(_ key: String) -> Bool {
        asked.append(key)
        return left.contains { $0.key.string == key }
    }

    private mutating func take(_ key: String) -> Node? {
        asked.append(key)
        guard let index = left.firstIndex(where: { $0.key.string == key }) else { return nil }
        return left.remove(at: index).value
    }

    private mutating func required(_ key: String) throws(ConfigurationError) -> Node {
        if let value = take(key) { return value }
        // A key that is nearly this one is a slip of the pen, not another key.
        try refuseUnknown(besides: key)
        throw ConfigurationError(path, node, key: key, reason: "this key is missing")
    }

    mutating func positive(_ key: String) throws(ConfigurationError) -> Int {
        try required(key).natural(key, path, from: 1)
    }

    mutating func positive(
        _ key: String, else missing: Int
    ) throws(ConfigurationError) -> Int {
        try take(key)?.natural(key, path, from: 1) ?? missing
    }

    mutating func natural(
        _ key: String, else missing: Int
    ) throws(ConfigurationError) -> Int {
        try take(key)?.natural(key, path, from: 0) ?? missing
    }

    mutating func flag(_ key: String, else missing: Bool) throws(ConfigurationError) -> Bool {
        guard let value = take(key) else { return missing }
        guard let flag = value.bool else {
            throw ConfigurationError(path, value, key: key, reason: "expected true or false")
        }
        return flag
    }

    /// Text on one line, as names are.
    mutating func name(_ key: String) throws(ConfigurationError) -> String {
        let value = try required(key)
        guard let text = value.scalar?.string, !text.isEmpty, text.utf8.count <= 128,
            !text.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 })
        else {
            throw ConfigurationError(
                path, value, key: key, reason: "expected a name of at most 128 bytes")
        }
        return text
    }

    /// Whether a key has this word as its value, which then is taken.
    mutating func isWord(_ key: String, _ word: String) throws(ConfigurationError) -> Bool {
        asked.append(key)
        guard let value = left.first(where: { $0.key.string == key })?.value,
            value.scalar?.string == word
        else { return false }
        return take(key) != nil
    }

    mutating func list(_ key: String) throws(ConfigurationError) -> [StrictItem] {
        let value = try required(key)
        guard let items = value.sequence, !items.isEmpty else {
            throw ConfigurationError(path, value, key: key, reason: "expected a list")
        }
        var result: [StrictItem] = []
        for item in items { result.append(try StrictItem(item, path)) }
        return result
    }

    mutating func mappings(_ key: String) throws(ConfigurationError) -> [StrictMapping] {
        let value = try required(key)
        guard let items = value.sequence, !items.isEmpty else {
            throw ConfigurationError(path, value, key: key, reason: "expected a list of mappings")
        }
        var result: [StrictMapping] = []
        for item in items { result.append(try StrictMapping(item, path)) }
        return result
    }

    mutating func mapping(_ key: String) throws(ConfigurationError) -> StrictMapping {
        try StrictMapping(try required(key), path)
    }

    /// Throws if any key has not been taken.
    mutating func end() throws(ConfigurationError) { try refuseUnknown() }

    private func refuseUnknown(besides key: String? = nil) throws(ConfigurationError) {
        let known = asked
        guard
            let found = left.first(where: { entry in
                guard let name = entry.key.string else { return true }
                guard let key else { return true }
                return nearest(to: name, among: [key]) != nil
            })
        else { return }
        let name = found.key.string ?? "?"
        let guess = nearest(to: name, among: known).map { ", did you mean '\($0)'?" } ?? ""
        throw ConfigurationError(path, found.key, key: name, reason: "unknown key\(guess)")
    }

    /// An error about a value that has been taken.
    func wrong(
        _ key: String, _ reason: String, nearest known: [String], to text: String
    ) -> ConfigurationError {
        let guess = nearest(to: text, among: known).map { ", did you mean '\($0)'?" } ?? ""
        return ConfigurationError(
            path, node, key: key, reason: "\(reason) '\(text.legible)'\(guess)")
    }
}

/// An element of a list: a word, or a word with a value.
struct StrictItem {
    let kind: String
    private let node: Node
    private let value: Node?
    private let path: String?

    init(_ node: Node, _ path: String?) throws(ConfigurationError) {
        self.node = node
        self.path = path
        if let word = node.scalar?.string {
            (kind, value) = (word, nil)
        } else if let mapping = node.mapping, mapping.count == 1, let entry = mapping.first,
            let word = entry.key.string
        {
            (kind, value) = (word, entry.value)
        } else {
            throw ConfigurationError(
                path, node,
                reason: "expected one stage, as in '- convolution: {channels: 32, pool: 4}'")
        }
    }

    func mapping() throws(ConfigurationError) -> StrictMapping {
        guard let value else {
            throw ConfigurationError(
                path, node, key: kind,
                reason: "its settings are missing, as in "
                    + "'\(kind): {channels: 32, pool: 4}'")
        }
        return try StrictMapping(value, path)
    }

    func positive() throws(ConfigurationError) -> Int {
        guard let value else {
            throw ConfigurationError(
                path, node, key: kind, reason: "its size is missing, as in '\(kind): 2'")
        }
        return try value.natural(kind, path, from: 1)
    }

    func requireNoValue() throws(ConfigurationError) {
        guard let value else { return }
        throw ConfigurationError(path, value, key: kind, reason: "it takes no settings")
    }

    func unknown(_ what: String, among known: [String]) -> ConfigurationError {
        let guess = nearest(to: kind, among: known).map { ", did you mean '\($0)'?" } ?? ""
        return ConfigurationError(
            path, node, reason: "unknown \(what) '\(kind.legible)'\(guess)")
    }
}

extension Node {
    /// No extent of a layer is larger; products of a few of them are checked where they are made.
    private static let maxExtent = 1 << 20

    fileprivate func natural(
        _ key: String, _ path: String?, from least: Int
    ) throws(ConfigurationError) -> Int {
        guard let text = scalar?.string, let number = Int(text),
            (least...Self.maxExtent).contains(number)
        else {
            throw ConfigurationError(
                path, self, key: key,
                reason: "expected a whole number from \(least) to \(Self.maxExtent)")
        }
        return number
    }
}

extension ConfigurationError {
    fileprivate init(_ path: String?, _ node: Node, key: String? = nil, reason: String) {
        self.init(
            path: path, line: node.mark?.line, column: node.mark?.column, key: key, reason: reason)
    }

    /// What the YAML parser found wrong, in one line.
    fileprivate init(path: String?, _ error: any Error) {
        switch error as? YamlError {
        case .duplicatedKeysInMapping(let keys, let context):
            self.init(
                path: path, line: context.mark.line, column: context.mark.column, key: keys.first,
                reason: "duplicate key")
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.init(
                path: path, line: mark.line, column: mark.column,
                reason: "this is not YAML: \(problem)")
        default: self.init(path: path, reason: "this is not YAML: \(error)")
        }
    }
}
