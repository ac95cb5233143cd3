import FileFormats
import Foundation

/// Keeps other processes from fetching into the same folder meanwhile, where locks work.
///
/// It only saves traffic: on file systems whose locks do nothing, every process fetches into a file
/// of its own and the last rename wins.
final class FolderLock {
    private let descriptor: Int32

    /// `waiting` is called once if another process holds the lock.
    init(_ folder: String, waiting: () -> Void) {
        descriptor = FileSystem.open(folder, O_RDONLY | O_DIRECTORY)
        guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK
        else { return }
        waiting()
        while flock(descriptor, LOCK_EX) != 0 && errno == EINTR {}
    }

    deinit { if descriptor >= 0 { close(descriptor) } }
}
