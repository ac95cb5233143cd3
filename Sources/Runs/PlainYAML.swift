/// Refuses what no configuration needs, before a parser sees it: anchors and aliases, of which a few
/// lines make more nodes than any memory holds, and lists in lists, which a parser follows by
/// recursion as deep as they go.
package struct PlainYAML {
    /// Lists or mappings that may lie in each other.
    private let maxDepth: Int
    private var quote: Unicode.Scalar?
    /// Brackets that are open.
    private var depth = 0

    private init(maxDepth: Int) { self.maxDepth = maxDepth }

    /// Throws ``ConfigurationError`` with line and column.
    ///
    /// - Parameter maxDepth: lists or mappings in brackets, or lists by dashes, that may lie in each
    ///   other.
    package static func check(
        _ text: String, path: String?, maxDepth: Int = 2
    ) throws(ConfigurationError) {
        var scanner = PlainYAML(maxDepth: maxDepth)
        let lines = text.unicodeScalars.split(
            omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" || $0 == "\r" })
        for (index, line) in lines.enumerated() {
            if let (column, reason) = scanner.problem(in: Array(line)) {
                throw ConfigurationError(
                    path: path, line: index + 1, column: column, reason: reason)
            }
        }
    }

    private mutating func problem(in line: [Unicode.Scalar]) -> (column: Int, reason: String)? {
        var isStart = true
        var indicators = 0
        var index = 0
        while index < line.count {
            let scalar = line[index]
            let endsWord = index + 1 == line.count || line[index + 1] == " "
            defer { index += 1 }
            if let open = quote {
                if scalar == "\\", open == "\"" { index += 1 }
                guard scalar == open else { continue }
                quote = nil
                // In brackets a value may follow a quoted key without a space.
                if index + 1 < line.count, line[index + 1] == ":" {
                    index += 1
                    isStart = true
                }
                continue
            }
            switch scalar {
            case " ", "\t": continue
            case "#" where index == 0 || line[index - 1] == " " || line[index - 1] == "\t":
                return nil
            case "\"" where isStart, "'" where isStart: quote = scalar
            case "&" where isStart, "*" where isStart:
                return (
                    index + 1,
                    "anchors and aliases ('&', '*') are not allowed: write the value itself"
                )
            case "[", "{":
                guard isStart || depth > 0 else { break }
                depth += 1
                isStart = true
                guard depth <= maxDepth else { return (index + 1, Self.tooDeep) }
                continue
            case "]", "}": depth = max(0, depth - 1)
            case "-" where isStart && endsWord, "?" where isStart && endsWord:
                indicators += 1
                guard indicators <= maxDepth else { return (index + 1, Self.tooDeep) }
                continue
            case ":" where endsWord, "," where depth > 0:
                isStart = true
                continue
            default: break
            }
            isStart = false
        }
        return nil
    }

    private static let tooDeep = "lists inside lists are not allowed"
}
