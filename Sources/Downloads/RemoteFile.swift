import Crypto
import FileFormats
import Foundation

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
        let size = try fileSize(path)
        guard size == byteCount else { return .wrongSize(size, expected: byteCount) }
        let digest = try digestOfFile(path)
        return digest == sha256 ? nil : .wrongContent(sha256: digest, expected: sha256)
    }
}

/// Bytes of a regular file; throws ``FileError`` for anything else.
package func fileSize(_ path: String) throws(FileError) -> Int {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
        throw FileError(
            path: path, operation: "read", reason: "there is no such file", category: .missingInput)
    }
    return Int(status.st_size)
}

/// SHA-256 of a file of any size, in lower-case hexadecimal.
package func digestOfFile(_ path: String) throws(FileError) -> String {
    func failure(_ operation: String) -> FileError {
        FileError(
            path: path, operation: operation, reason: String(cString: strerror(errno)),
            category: errno == EIO ? .inputOutput : .missingInput)
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open") }
    defer { close(descriptor) }
    var hash = SHA256()
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0 && errno == EINTR { continue }
        guard count >= 0 else { throw failure("read") }
        if count == 0 { break }
        buffer.withUnsafeBytes { hash.update(bufferPointer: .init(rebasing: $0[..<count])) }
    }
    return hash.finalize().map { byte in
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
}
