import FileFormats
import Foundation

/// Keeps a second process from training in a run's folder.
///
/// The lock is held by an open file, so the system gives it up when the process ends, however that is.
/// The file says who holds it. On a file system without locks it is what the file says that counts.
public final class RunLock {
    static let name = ".lock"

    private let descriptor: Int32

    /// Takes the lock of `folder`.
    ///
    /// - Throws: ``RunInUseError`` if another process holds it; `FileError`.
    public init(_ folder: RunFolder) throws {
        let path = folder.path.appending(pathPart: Self.name)
        descriptor = FileSystem.open(path, O_RDWR | O_CREAT)
        guard descriptor >= 0 else { throw FileError.writing(path, "create", errno: errno) }
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let isHeld = errno == EWOULDBLOCK
            let owner = Self.owner(path)
            if isHeld || owner.map({ $0.host != hostName() || !$0.isGone }) == true {
                close(descriptor)
                throw RunInUseError(folder: folder.path, owner: owner)
            }
        }
        _ = ftruncate(descriptor, 0)
        let text = Array((ProcessMark.own.text + "-run").utf8)
        // Only a message would miss it.
        _ = text.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }

    /// Whether a live process trains in `folder`, as far as this machine can tell.
    ///
    /// The lock is touched only if its file names a process that this machine does not have, so that no run
    /// that starts meanwhile is turned away.
    public static func isHeld(_ folder: RunFolder) -> Bool {
        let path = folder.path.appending(pathPart: Self.name)
        guard let owner = owner(path) else { return false }
        if owner.host == hostName(), !owner.isGone { return true }
        // Another machine's, or one in another container: only the lock can tell.
        let descriptor = FileSystem.open(path, O_RDONLY | O_NONBLOCK)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }

    deinit {
        _ = ftruncate(descriptor, 0)
        close(descriptor)
    }

    private static func owner(_ path: String) -> ProcessMark? {
        let bytes = (try? readFile(path, limit: 4096)) ?? []
        return ProcessMark(nameWithRandomWord: String(decoding: bytes, as: UTF8.self))
    }
}

/// A run's folder in which another process trains.
public struct RunInUseError: CategorizedError {
    public let folder: String
    /// Nil if it is not known.
    public let process: Int?
    public let host: String?

    init(folder: String, owner: ProcessMark?) {
        self.folder = folder
        process = owner.map { Int($0.process) }
        host = owner?.host
    }

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
