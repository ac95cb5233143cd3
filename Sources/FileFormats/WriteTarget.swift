import Foundation

/// What a path that is to be written leads to. Only regular files may be replaced.
enum WriteTarget {
    /// A regular file, or nothing yet, with every link followed.
    case file(path: String, replaced: FileSystem.Status?)
    /// A pipe or a character device, or a file that has no name any more: bytes go into it.
    case stream
    /// The file that this descriptor of ours writes already, under another name (`/dev/stdout`). It
    /// must share the position, or one would overwrite the other.
    case opened(Int32)

    /// Throws ``FileError`` for what cannot be written.
    init(_ path: String) throws(FileError) {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw .writing(path, "create", errno: ENOENT)
        }
        switch FileSystem.answer(to: path, true) {
        case .success(let status): self = try Self.existing(path, status)
        case .failure(let failure) where failure.code == ENOENT:
            self = .file(path: try Self.end(of: path), replaced: nil)
        case .failure(let failure): throw .writing(path, "create", errno: failure.code)
        }
    }

    private static func existing(
        _ path: String, _ status: FileSystem.Status
    ) throws(FileError) -> WriteTarget {
        switch status.kind {
        case .file, .link: break
        case .folder: throw .writing(path, "create", errno: EISDIR)
        case .pipe, .characterDevice: return .stream
        case .socket, .blockDevice:
            let kind = status.kind == .socket ? "a socket" : "a disk or a partition"
            throw FileError(
                path: path, operation: "write", reason: "it is \(kind)", category: .cannotCreate,
                advice: "Name a file.")
        }
        func isSame(_ other: FileSystem.Status?) -> Bool {
            other?.device == status.device && other?.inode == status.inode
        }
        guard case .success(let own) = FileSystem.answer(to: path, false), own.kind == .link else {
            return .file(path: path, replaced: status)
        }
        for descriptor in [STDOUT_FILENO, STDERR_FILENO]
        where isSame(FileSystem.status(of: descriptor)) {
            return .opened(descriptor)
        }
        // A file that was removed while it is open has a link below /proc that names it no more.
        guard let end = FileSystem.resolved(path), isSame(try? FileSystem.status(of: end)) else {
            return .stream
        }
        return .file(path: end, replaced: status)
    }

    /// Where links lead that end in nothing: there the file is made, as the system does it.
    private static func end(of path: String) throws(FileError) -> String {
        var end = path
        for _ in 0..<40 {
            guard let next = FileSystem.destination(of: end) else { return end }
            end = next.isAbsolutePath ? next : end.parentFolder.appending(pathPart: next)
        }
        throw .writing(path, "create", errno: ELOOP)
    }
}
