import FileFormats

/// Why an address did not give the file.
public enum TransferFailure: Error, Equatable, CustomStringConvertible, Sendable {
    /// The server's answer was no file.
    case status(Int)
    /// A page for people came instead of the file.
    case page
    /// The server offers, or the file has, another number of bytes.
    case wrongSize(Int, expected: Int)
    /// As many bytes as there should be, but others.
    case wrongContent(sha256: String, expected: String)
    /// The connection was cut.
    case truncated(received: Int, expected: Int)
    /// Too little came for too long.
    case stalled(seconds: Int)
    /// No connection, in libcurl's words.
    case unreachable(String)

    public var description: String {
        switch self {
        case .status(let code): "HTTP status \(code)"
        case .page: "the server sent a web page (HTML) instead of the file"
        case .wrongSize(let bytes, let expected):
            "wrong size: \(bytes) bytes instead of \(expected)"
        case .wrongContent(let found, let expected):
            "wrong content: SHA-256 \(found.prefix(12))… instead of \(expected.prefix(12))…"
        case .truncated(let received, let expected):
            "cut off after \(received) of \(expected) bytes"
        case .stalled(let seconds): "stalled: almost no data for \(seconds) s"
        case .unreachable(let reason): reason
        }
    }

    /// Whether the server gave something else than was asked for, rather than nothing or a part.
    var isWrongFile: Bool {
        switch self {
        case .page, .wrongSize, .wrongContent: true
        case .status, .truncated, .stalled, .unreachable: false
        }
    }
}

/// A file that could not be had.
public enum DownloadError: CategorizedError, Equatable {
    /// Every address failed: which, and how.
    case allFailed(file: RemoteFile, folder: String, failures: [Failure])
    /// The network may not be used, and these files are not there: where each would go.
    case offline(dataset: String, missing: [(file: RemoteFile, folder: String)])
    /// Its owners hand it out themselves.
    case notForDownload(dataset: String, advice: String)
    /// The disk would not hold it.
    case noRoom(file: RemoteFile, folder: String, needed: Int, free: Int)

    public struct Failure: Equatable, Sendable {
        public let address: String
        public let reason: TransferFailure
    }

    public var category: ErrorCategory {
        switch self {
        case .allFailed(_, _, let failures):
            failures.allSatisfy(\.reason.isWrongFile) ? .malformedData : .missingInput
        case .offline, .notForDownload: .missingInput
        case .noRoom: .inputOutput
        }
    }

    public var description: String {
        switch self {
        case .allFailed(let file, let folder, let failures):
            let tried = failures.map { "\($0.address): \($0.reason)" }.joined(separator: "; ")
            return """
                cannot download \(file.name): every address failed.
                \(tried).
                Try again later, or put the file into \(folder) yourself (\(file.pin)).
                """
        case .offline(let dataset, let missing):
            let names = missing.map(\.file.name).joined(separator: ", ")
            let folders = Set(missing.map { ByteString($0.folder) }).sorted()
                .map(\.text.legible).joined(separator: ", ")
            return """
                \(dataset) is incomplete: \(names) missing, and the network is not allowed.
                Put the missing files into \(folders), or allow the network.
                """
        case .notForDownload(let dataset, let advice):
            return "\(dataset) cannot be downloaded.\n\(advice)"
        case .noRoom(let file, let folder, let needed, let free):
            return """
                no room for \(file.name): \(needed) bytes are needed, and \(folder) has \(free).
                Free some space, or choose another folder.
                """
        }
    }

    public static func == (left: DownloadError, right: DownloadError) -> Bool {
        left.description == right.description
    }
}

extension RemoteFile {
    /// What it must be, for people: size and SHA-256.
    public var pin: String { "\(byteCount) bytes, SHA-256 \(sha256)" }
}
