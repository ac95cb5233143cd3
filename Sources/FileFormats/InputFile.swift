import Foundation

/// A regular file open for reading, closed when it goes out of scope.
struct InputFile: ~Copyable {
    let path: String
    let size: Int
    private let descriptor: Int32

    /// Devices, folders and pipes are refused: their size says nothing about what they hold.
    init(_ path: String) throws(FileError) {
        // Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
        let descriptor = FileSystem.open(path, O_RDONLY | O_NONBLOCK)
        guard descriptor >= 0 else { throw .reading(path, "open", errno: errno) }
        var status = stat()
        let code = fstat(descriptor, &status) == 0 ? 0 : errno
        let isRegular = status.st_mode & S_IFMT == S_IFREG
        guard code == 0, isRegular else {
            close(descriptor)
            guard code == 0 else { throw .reading(path, "inspect", errno: code) }
            throw FileError(
                path: path, operation: "read", reason: "it is not a regular file",
                category: .missingInput)
        }
        self.path = path
        self.size = Int(status.st_size)
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Fills the buffer as far as the file goes and returns the number of bytes read.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        var filled = 0
        while filled < buffer.count, let start = buffer.baseAddress {
            let count = Foundation.read(descriptor, start + filled, buffer.count - filled)
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw .reading(path, "read", errno: errno)
            }
            filled += count
        }
        return filled
    }

    /// These bytes of the file, wherever reading is; throws ``FileError`` when it has shrunk.
    func bytes(at offset: Int, count: Int) throws(FileError) -> [UInt8] {
        var bytes = [UInt8](uninitialized: count)
        var filled = 0
        while filled < count {
            let read = bytes.withUnsafeMutableBytes {
                pread(
                    descriptor, $0.baseAddress.map { $0 + filled }, count - filled,
                    off_t(offset + filled))
            }
            if read < 0 && errno == EINTR { continue }
            guard read >= 0 else { throw .reading(path, "read", errno: errno) }
            guard read > 0 else {
                throw .malformed(
                    path, field: "size", offset: offset + filled,
                    "the file shrank while it was read")
            }
            filled += read
        }
        return bytes
    }
}

/// The first bytes of a regular file, `count` unless it is shorter; throws ``FileError``.
public func readStart(of path: String, _ count: Int) throws(FileError) -> [UInt8] {
    let file = try InputFile(path)
    return try file.bytes(at: 0, count: min(count, file.size))
}

/// The bytes of a regular file from `offset` on, at most `count`: none if it is shorter; throws ``FileError``.
public func readPart(of path: String, from offset: Int, _ count: Int) throws(FileError) -> [UInt8] {
    let file = try InputFile(path)
    return try file.bytes(at: offset, count: max(0, min(count, file.size - offset)))
}

/// All bytes of a regular file of at most `limit` bytes.
public func readFile(_ path: String, limit: Int = .max) throws(FileError) -> [UInt8] {
    let file = try InputFile(path)
    guard file.size <= limit else {
        throw .malformed(
            path, field: "size", offset: 0, "\(file.size) bytes, more than the \(limit) allowed")
    }
    var bytes = [UInt8](uninitialized: file.size)
    let count = try bytes.fill { buffer throws(FileError) in try file.read(into: buffer) }
    guard count == file.size else {
        throw .malformed(path, field: "size", offset: count, "the file shrank while it was read")
    }
    return bytes
}

extension [UInt8] {
    /// `count` bytes of any value: the pages are not touched before they are written.
    init(uninitialized count: Int) {
        self.init(unsafeUninitializedCapacity: count) { _, filled in filled = count }
    }

    /// Lets `body` write into the bytes; `withUnsafeMutableBytes` forgets the type of an error.
    mutating func fill(
        _ body: (UnsafeMutableRawBufferPointer) throws(FileError) -> Int
    ) throws(FileError) -> Int {
        let result = withUnsafeMutableBytes { bytes -> Result<Int, FileError> in
            do throws(FileError) { return .success(try body(bytes)) } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
