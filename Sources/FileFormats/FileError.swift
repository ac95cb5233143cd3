import Foundation

/// What kind of failure an error is: commands turn it into their exit code.
public enum ErrorCategory: Sendable, Equatable {
    case usage, malformedData, missingInput, cannotCreate, inputOutput, configuration

    /// The code of `sysexits.h` for this kind of failure.
    public var exitCode: Int32 {
        switch self {
        case .usage: 64
        case .malformedData: 65
        case .missingInput: 66
        case .cannotCreate: 73
        case .inputOutput: 74
        case .configuration: 78
        }
    }
}

/// An error that knows its exit code.
public protocol CategorizedError: Error, CustomStringConvertible {
    var category: ErrorCategory { get }
}

/// A file that could not be read, understood or written: what, where, and what to do.
public struct FileError: CategorizedError, Equatable {
    public let path: String
    /// What was being done: "open", "read", "write".
    public let operation: String
    /// Why it failed, in words; for a system call its errno text.
    public let reason: String
    public let category: ErrorCategory
    /// The part of a malformed file that is wrong, and where it starts in the (unzipped) bytes.
    public let field: String?
    public let offset: Int?
    /// What to do about it; nil for the usual advice of its category.
    public let advice: String?

    public init(
        path: String, operation: String, reason: String, category: ErrorCategory,
        field: String? = nil, offset: Int? = nil, advice: String? = nil
    ) {
        self.path = path
        self.operation = operation
        self.reason = reason
        self.category = category
        self.field = field
        self.offset = offset
        self.advice = advice
    }

    /// A file whose bytes are not what its format demands.
    public static func malformed(
        _ path: String, field: String, offset: Int, _ reason: String, advice: String? = nil
    ) -> FileError {
        FileError(
            path: path, operation: "understand", reason: reason, category: .malformedData,
            field: field, offset: offset, advice: advice)
    }

    /// A system call that failed while a file was read.
    public static func reading(
        _ path: String, _ operation: String, errno code: Int32
    ) -> FileError {
        let category: ErrorCategory = code == EIO ? .inputOutput : .missingInput
        return FileError(
            path: path, operation: operation, reason: errnoText(code), category: category,
            advice: advice(for: code))
    }

    /// A system call that failed while a file or folder was written or created.
    public static func writing(_ path: String, _ operation: String, errno code: Int32) -> FileError
    {
        let full: Set<Int32> = [ENOSPC, EDQUOT, EIO, EFBIG, EPIPE]
        return FileError(
            path: path, operation: operation, reason: errnoText(code),
            category: full.contains(code) ? .inputOutput : .cannotCreate,
            advice: advice(for: code))
    }

    private static func advice(for code: Int32) -> String? {
        switch code {
        case EPIPE: "Its reader has closed the pipe."
        case ENAMETOOLONG: "The path, or a name in it, is too long: choose a shorter one."
        case ELOOP: "The path contains a cycle of links."
        case EISDIR: "It is a folder: name a file."
        default: nil
        }
    }

    public var description: String {
        if let field, let offset {
            return "\(path.legible): \(field) (byte \(offset)): \(reason)\n\(advice ?? usualAdvice)"
        }
        return "\(path.legible): cannot \(operation): \(reason)\n\(advice ?? usualAdvice)"
    }

    private var usualAdvice: String {
        switch category {
        case .malformedData: "The file is damaged or has another format; get it again."
        case .missingInput: "Check the path and the permission to read it."
        case .cannotCreate: "Choose an existing, writable folder."
        case .inputOutput: "Free some space or check the disk, then try again."
        case .usage, .configuration: "Correct it and try again."
        }
    }
}

private func errnoText(_ code: Int32) -> String { String(cString: strerror(code)) }
