import FileFormats

/// A file that can be fetched: what it is called, where it is, and what it must be.
///
/// Whatever arrives is compared with size and SHA-256, so an address may be plain http.
public struct RemoteFile: Sendable, Equatable {
    /// Its name, with no folder.
    public let name: String
    /// First choice first.
    public let addresses: [String]
    public let byteCount: Int
    /// In lower-case hexadecimal.
    public let sha256: String

    public init(name: String, addresses: [String], byteCount: Int, sha256: String) {
        self.name = name
        self.addresses = addresses
        self.byteCount = byteCount
        self.sha256 = sha256
    }

    /// What is wrong with the file at `path`, or nil where it is this very file.
    ///
    /// Throws ``FileError`` when it cannot be read.
    public func mismatch(at path: String) throws(FileError) -> TransferFailure? {
        let size = try FileSystem.size(of: path)
        guard size == byteCount else { return .wrongSize(size, expected: byteCount) }
        let digest = try digestOfFile(path)
        return digest == sha256 ? nil : .wrongContent(sha256: digest, expected: sha256)
    }
}
