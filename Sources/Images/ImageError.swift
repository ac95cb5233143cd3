import FileFormats

/// An image file that cannot be decoded.
public struct ImageError: CategorizedError, Equatable {
    public let path: String
    public let reason: String
    public var category: ErrorCategory { .malformedData }

    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    public var description: String {
        "\(path): \(reason)\nGet the image again, or leave it out."
    }
}
