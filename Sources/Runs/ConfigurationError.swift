import FileFormats

/// A configuration that cannot be used: which key, where, and what would be right.
public struct ConfigurationError: CategorizedError, Equatable {
    public let path: String?
    /// Counted from 1.
    public let line, column: Int?
    public let key: String?
    public let reason: String

    public init(
        path: String? = nil, line: Int? = nil, column: Int? = nil, key: String? = nil,
        reason: String
    ) {
        self.path = path
        self.line = line
        self.column = column
        self.key = key
        self.reason = reason
    }

    public var category: ErrorCategory { .configuration }

    public var description: String {
        let place = [
            path.map(\.legible), line.map { "line \($0)" }, column.map { "column \($0)" },
        ].compactMap { $0 }
        let parts = [place.joined(separator: ", "), key.map { "'\($0.legible)'" } ?? "", reason]
        return parts.filter { !$0.isEmpty }.joined(separator: ": ")
    }
}
