import FileFormats
import Foundation

/// Keeps a second process from training in a run's folder.
///
/// The lock is held by an open file, so the system gives it up when the process ends, however that is.
/// The file says who holds it. On a file system without locks it is what the file says that counts.
public final class RunLock {
    private let descriptor: Int32

    /// Takes the lock of `folder`.
    ///
    /// - Throws: ``RunInUseError`` if another process holds it; `FileError`.
    public init(_ folder: RunFolder) throws {
        let path = folder.path.appending(pathPart: ".lock")
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
