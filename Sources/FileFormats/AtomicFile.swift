import Foundation

/// A file that appears complete under its name, or not at all.
///
/// Bytes go to a temporary beside the target. ``commit()`` makes them durable and then renames;
/// a value dropped before that removes the temporary and leaves whatever was there untouched.
public struct AtomicFile: ~Copyable {
    public let path: String
    private let temporary: String
    private let folder: String
    private let calls: FileCalls
    private var descriptor: Int32

    /// Creates the temporary; throws ``FileError`` when the folder cannot be written.
    public init(_ path: String) throws(FileError) { try self.init(path, calls: .system) }

    /// `calls` stands in for the system's in tests of failing disks.
    package init(_ path: String, calls: FileCalls) throws(FileError) {
        self.path = path
        self.folder = path.parentFolder
        self.calls = calls
        // The target's name may be as long as names can be, so it is not part of this one.
        let unique = String(UInt64.random(in: .min ... .max), radix: 36)
        temporary = self.folder.appending(pathPart: ".lls-\(getpid())-\(unique).part")
        descriptor = calls.create(temporary)
        guard descriptor >= 0 else { throw .writing(path, "create", errno: errno) }
    }

    deinit {
        guard descriptor >= 0 else { return }
        _ = calls.close(descriptor)
        _ = calls.remove(temporary)
    }

    /// Adds bytes at the end; throws ``FileError`` when the disk is full or fails.
    public mutating func append(_ bytes: some Collection<UInt8>) throws(FileError) {
        var code: Int32 = 0
        let done: Void? = bytes.withContiguousStorageIfAvailable { buffer in
            code = calls.writeAll(descriptor, UnsafeRawBufferPointer(buffer))
        }
        if done == nil { return try append(Array(bytes)) }
        guard code == 0 else { throw .writing(path, "write", errno: code) }
    }

    /// Makes the bytes durable and gives the file its name, replacing what had it.
    public consuming func commit() throws(FileError) {
        guard calls.sync(descriptor) == 0 else { throw .writing(path, "flush", errno: errno) }
        let closing = descriptor
        descriptor = -1
        guard calls.close(closing) == 0 else {
            let code = errno
            _ = calls.remove(temporary)
            throw .writing(path, "close", errno: code)
        }
        guard calls.rename(temporary, path) == 0 else {
            let code = errno
            _ = calls.remove(temporary)
            throw .writing(path, "rename to", errno: code)
        }
        // Without this a power cut may still forget the new name.
        let opened = calls.openFolder(folder)
        guard opened >= 0 else { throw .writing(folder, "open", errno: errno) }
        let failed = calls.sync(opened) != 0
        let code = errno
        _ = calls.close(opened)
        guard !failed else { throw .writing(folder, "flush", errno: code) }
    }

    /// Writes a whole file at once.
    public static func write(_ bytes: some Collection<UInt8>, to path: String) throws(FileError) {
        try write(bytes, to: path, calls: .system)
    }

    package static func write(
        _ bytes: some Collection<UInt8>, to path: String, calls: FileCalls
    ) throws(FileError) {
        var file = try AtomicFile(path, calls: calls)
        try file.append(bytes)
        try file.commit()
    }
}
