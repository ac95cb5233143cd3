import FileFormats
import Foundation

/// Keeps a second process from training in a run's folder.
///
/// The lock is held by an open file, so the system gives it up when the process ends, however that is.
/// The file says who holds it. On a file system without locks it is what the file says that counts.
public final class RunLock {
    private let descriptor: Int32
    private let path: String

    /// Who trains in a folder.
    private struct Owner: Codable {
        var process: Int32
        var host: String
        /// Another one means that the machine was started anew, and that the process is gone.
        var boot: String
        /// Host, process and its start, as in the names of temporaries.
        var mark: String
    }

    /// Takes the lock of `folder`.
    ///
    /// - Throws: ``RunInUseError`` if another process holds it; `FileError`.
    public init(_ folder: RunFolder) throws {
        path = folder.path.appending(pathPart: ".lock")
        descriptor = FileSystem.open(path, O_RDWR | O_CREAT)
        guard descriptor >= 0 else { throw FileError.writing(path, "create", errno: errno) }
        let isLocked = flock(descriptor, LOCK_EX | LOCK_NB) == 0
        let isRefused = !isLocked && errno == EWOULDBLOCK
        if isRefused || !isLocked {
            let owner = try? JSONText.read(Owner.self, from: try readFile(path, limit: 4096))
            if isRefused || owner.map(Self.isAlive) == true {
                close(descriptor)
                throw RunInUseError(
                    folder: folder.path, process: owner.map { Int($0.process) },
                    host: owner?.host)
            }
        }
        let owner = Owner(
            process: getpid(), host: hostName(), boot: Self.bootIdentifier,
            mark: ProcessMark.own.text)
        let text = Array(((try? JSONText.line(owner)) ?? "").utf8)
        _ = ftruncate(descriptor, 0)
        // What cannot be said is only missed by a message.
        _ = text.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }

    deinit {
        _ = ftruncate(descriptor, 0)
        close(descriptor)
    }

    private static func isAlive(_ owner: Owner) -> Bool {
        guard owner.host == hostName() else { return true }
        guard owner.boot == bootIdentifier else { return false }
        return kill(owner.process, 0) == 0 || errno == EPERM
    }

    private static let bootIdentifier: String = {
        let bytes = (try? readFile("/proc/sys/kernel/random/boot_id", limit: 64)) ?? []
        return String(decoding: bytes, as: UTF8.self).trimmingCharacters(
            in: .whitespacesAndNewlines)
    }()
}

/// A run's folder in which another process trains.
public struct RunInUseError: CategorizedError {
    public let folder: String
    /// Nil if it is not known.
    public let process: Int?
    public let host: String?

    /// The folder cannot be written now.
    public var category: ErrorCategory { .cannotCreate }
    /// Two lines.
    public var description: String {
        let owner =
            process.map { "process \($0)" + (host.map { " on \($0)" } ?? "") }
            ?? "another process"
        return "\(folder.legible): \(owner) trains in this folder\n"
            + "Wait until it has ended, or stop it."
    }
}
