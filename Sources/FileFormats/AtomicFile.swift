import Foundation

/// A file that appears complete under its name, or not at all.
///
/// Bytes go to a temporary beside the target. ``commit()`` makes them durable and then renames;
/// a value dropped before that removes the temporary and leaves whatever was there untouched.
/// A symbolic link stays, and what it leads to is replaced. The new file has the permissions of the
/// old one. Pipes and devices are never replaced: bytes go into them as they come.
public struct AtomicFile: ~Copyable {
    public let path: String
    private let target: WriteTarget
    /// Nil if bytes go straight into the target.
    private let temporary: Temporary?
    private let calls: FileCalls
    private var descriptor: Int32

    /// Creates the temporary; throws ``FileError`` when the folder cannot be written.
    ///
    /// A pipe is opened with the first byte, because opening it waits for a reader.
    public init(_ path: String) throws(FileError) { try self.init(path, calls: .system) }

    /// `calls` stands in for the system's in tests of failing disks.
    package init(_ path: String, calls: FileCalls) throws(FileError) {
        let target = try WriteTarget(path)
        let temporary: Temporary?
        let descriptor: Int32
        switch target {
        case .stream:
            guard path.withPathBytes({ access($0, W_OK) }) == 0 else {
                throw .writing(path, "open", errno: errno)
            }
            (temporary, descriptor) = (nil, -1)
        case .opened(let own):
            (temporary, descriptor) = (nil, dup(own))
            guard descriptor >= 0 else { throw .writing(path, "open", errno: errno) }
        case .file(let end, let replaced):
            let made = try Temporary(in: end.parentFolder, for: path, calls: calls)
            if let replaced { made.take(permissionsOf: replaced) }
            (temporary, descriptor) = (made, made.descriptor)
        }
        self.path = path
        self.calls = calls
        self.target = target
        self.temporary = temporary
        self.descriptor = descriptor
    }

    deinit {
        if descriptor >= 0 { _ = calls.close(descriptor) }
        temporary?.remove(calls)
    }

    /// Adds bytes at the end; throws ``FileError`` when the disk is full or fails.
    public mutating func append(_ bytes: some Collection<UInt8>) throws(FileError) {
        try open()
        var code: Int32 = 0
        let done: Void? = bytes.withContiguousStorageIfAvailable { buffer in
            code = calls.writeAll(descriptor, UnsafeRawBufferPointer(buffer))
        }
        if done == nil { return try append(Array(bytes)) }
        guard code == 0 else { throw .writing(path, "write", errno: code) }
    }

    /// Makes the bytes durable and gives the file its name, replacing what had it.
    public consuming func commit() throws(FileError) {
        try open()
        if calls.sync(descriptor) != 0 {
            // Pipes and devices have nothing to flush and say so.
            let isRefusal = temporary == nil && [EINVAL, EROFS, ENOTSUP].contains(errno)
            guard isRefusal else { throw .writing(path, "flush", errno: errno) }
        }
        let closing = descriptor
        descriptor = -1
        guard calls.close(closing) == 0 else { throw .writing(path, "close", errno: errno) }
        guard let temporary, case .file(let end, _) = target else { return }
        // Something else may have come to lie there in the meantime.
        if case .success(let now) = FileSystem.answer(to: end, false),
            ![.file, .folder].contains(now.kind)
        {
            throw .writing(path, "rename to", errno: EEXIST)
        }
        guard calls.rename(temporary.path, end) == 0 else {
            throw .writing(path, "rename to", errno: errno)
        }
        // Without this a power cut may still forget the new name.
        let folder = end.parentFolder
        let opened = calls.openFolder(folder)
        guard opened >= 0 else { throw .writing(folder, "open", errno: errno) }
        let failed = calls.sync(opened) != 0
        let code = errno
        _ = calls.close(opened)
        guard !failed else { throw .writing(folder, "flush", errno: code) }
    }

    /// Opens a pipe or a device, the first time.
    private mutating func open() throws(FileError) {
        guard descriptor < 0 else { return }
        descriptor = FileSystem.open(path, O_WRONLY | O_NOCTTY | O_TRUNC)
        guard descriptor >= 0 else { throw .writing(path, "open", errno: errno) }
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
