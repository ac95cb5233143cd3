import FileFormats
import Foundation

/// A file on its way, under a name that no other process uses.
///
/// What a failed transfer leaves is kept as `NAME.part`, and a process that was killed leaves its
/// own `.NAME.HOST-PID-START-RANDOM.part`. The next one takes such a file over by renaming it, which only
/// one process can, so no lock is needed for nobody to write into another's file.
final class PartialFile {
    private(set) var length = 0
    private let target: String
    private let path: String
    private let descriptor: Int32
    private var isOpen = true

    /// Opens a new file, or takes over an abandoned one of at most `byteCount` bytes.
    init(for target: String, byteCount: Int) throws(FileError) {
        self.target = target
        let (folder, name) = (target.parentFolder, target.lastPathPart)
        path = folder.appending(
            pathPart: ".\(name).\(ProcessMark.own.text)-\(randomWord()).part")
        for abandoned in Self.abandoned(name, in: folder) {
            if FileSystem.rename(abandoned, to: path) == 0 { break }
        }
        descriptor = FileSystem.open(path, O_WRONLY | O_CREAT)
        guard descriptor >= 0 else { throw .writing(path, "create", errno: errno) }
        // Tells processes of other containers that this one is alive.
        _ = flock(descriptor, LOCK_EX | LOCK_NB)
        let end = lseek(descriptor, 0, SEEK_END)
        length = end > 0 ? Int(end) : 0
        if length > byteCount { try restart() }
    }

    deinit {
        guard isOpen else { return }
        close(descriptor)
        FileSystem.removeFile(path)
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest)
            let count = pwrite(descriptor, piece.baseAddress, piece.count, off_t(length))
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                throw .writing(target, "write", errno: count < 0 ? errno : ENOSPC)
            }
            length += count
            rest = rest.dropFirst(count)
        }
    }

    /// Forgets every byte.
    func restart() throws(FileError) {
        guard ftruncate(descriptor, 0) == 0 else { throw .writing(target, "shorten", errno: errno) }
        length = 0
    }

    func mismatch(with file: RemoteFile) throws(FileError) -> TransferFailure? {
        try file.mismatch(at: path)
    }

    /// Makes the bytes durable and gives the file its name.
    func publish() throws(FileError) {
        guard fsync(descriptor) == 0 else { throw .writing(target, "flush", errno: errno) }
        guard FileSystem.rename(path, to: target) == 0 else {
            throw .writing(target, "rename to", errno: errno)
        }
        close(descriptor)
        isOpen = false
        let opened = FileSystem.open(target.parentFolder, O_RDONLY | O_DIRECTORY)
        guard opened >= 0 else { return }
        fsync(opened)
        close(opened)
    }

    /// Keeps what there is for another time.
    func keep() {
        guard isOpen, length > 0 else { return }
        close(descriptor)
        isOpen = false
        _ = FileSystem.rename(path, to: target + ".part")
    }

    /// Files of dead processes and of failed transfers, the longest first; all but that one go.
    private static func abandoned(_ name: String, in folder: String) -> [String] {
        let names = (try? FileSystem.list(folder)) ?? []
        let found = names.filter { candidate in
            candidate == name + ".part" || isAbandoned(candidate, name, folder)
        }
        .map { folder.appending(pathPart: $0) }
        .sorted { ((try? FileSystem.size(of: $0)) ?? 0) > ((try? FileSystem.size(of: $1)) ?? 0) }
        for file in found.dropFirst() { FileSystem.removeFile(file) }
        return Array(found.prefix(1))
    }

    /// Whether the process that this file's name tells of is gone. Of another machine's processes
    /// nothing is known, but none goes an hour without writing: it would have given up.
    private static func isAbandoned(_ file: String, _ name: String, _ folder: String) -> Bool {
        guard file.hasPrefix(".\(name)."), file.hasSuffix(".part"),
            let mark = ProcessMark(
                nameWithRandomWord: file.dropFirst(name.count + 2).dropLast(".part".count))
        else { return false }
        return mark.hasAbandoned(folder.appending(pathPart: file), elsewhereAfter: 3600)
    }
}
