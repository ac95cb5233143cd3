import Foundation

/// A file of lines or records that grows by one `write(2)` each, so that no reader sees half of one.
public final class AppendOnlyFile: Sendable {
    public let path: String
    private let descriptor: Int32

    /// Opens or creates the file; throws ``FileError``.
    public init(_ path: String) throws(FileError) {
        self.path = path
        descriptor = FileCalls.system.openToAppend(path)
        guard descriptor >= 0 else { throw .writing(path, "open", errno: errno) }
    }

    deinit { close(descriptor) }

    /// Adds a line, its line break included in the same write.
    ///
    /// Throws ``FileError`` when the disk is full or fails; then nothing of the line stays.
    public func append(line: String) throws(FileError) {
        try append(Array((line + "\n").utf8))
    }

    /// Adds bytes in one write; throws as ``append(line:)``.
    public func append(_ bytes: [UInt8]) throws(FileError) {
        while true {
            let count = bytes.withUnsafeBytes { FileCalls.system.write(descriptor, $0) }
            if count == bytes.count { return }
            if count < 0 && errno == EINTR { continue }
            let code = count < 0 ? errno : ENOSPC
            if count > 0 { dropLast(count) }
            throw .writing(path, "append to", errno: code)
        }
    }

    private func dropLast(_ count: Int) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return }
        _ = ftruncate(descriptor, status.st_size - off_t(count))
    }
}
