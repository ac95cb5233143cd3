import Foundation
import Synchronization

/// A file on its way to its name: `.lls-HOST-PID-START-RANDOM.part`.
///
/// Its process holds a lock on it. A killed process could not tidy up; the next one that writes into
/// the folder removes what it left.
struct Temporary {
    let path: String
    let descriptor: Int32

    private static let prefix = ".lls-"
    private static let suffix = ".part"

    /// Creates it; throws ``FileError`` that names `target`.
    init(in folder: String, for target: String, calls: FileCalls) throws(FileError) {
        Self.removeAbandoned(in: folder)
        // The target's name may be as long as names can be, so it is not part of this one.
        path = folder.appending(
            pathPart: Self.prefix + ProcessMark.own.text + "-" + randomWord() + Self.suffix)
        descriptor = calls.create(path)
        guard descriptor >= 0 else { throw .writing(target, "create", errno: errno) }
        // No other process looks at it as long as this one lives, lock or none: see `ProcessMark`.
        _ = flock(descriptor, LOCK_EX | LOCK_NB)
    }

    /// Owner and permission bits of the file that it will replace, as far as the system lets us.
    func take(permissionsOf status: FileSystem.Status) {
        _ = fchown(descriptor, status.owner, status.group)
        _ = fchmod(descriptor, mode_t(status.mode & 0o777))
    }

    /// Removes it; once it is renamed there is nothing to remove.
    func remove(_ calls: FileCalls) { _ = calls.remove(path) }

    /// Folders that were looked through: once is enough for a process.
    private static let tidied = Mutex<Set<ByteString>>([])

    private static func removeAbandoned(in folder: String) {
        guard tidied.withLock({ $0.insert(ByteString(folder)).inserted }) else { return }
        for name in (try? FileSystem.list(folder)) ?? [] {
            guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { continue }
            let parts = name.dropFirst(prefix.count).dropLast(suffix.count)
            let path = folder.appending(pathPart: name)
            guard let mark = ProcessMark(nameWithRandomWord: parts) else { continue }
            if mark.hasAbandoned(path) { FileSystem.removeFile(path) }
        }
    }
}

/// A word that no two calls are likely to give.
package func randomWord() -> String { String(UInt64.random(in: .min ... .max), radix: 36) }
