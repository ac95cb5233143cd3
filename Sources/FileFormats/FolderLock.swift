import Foundation

/// Keeps other processes out of a folder meanwhile, as long as they ask for the lock too and the
/// file system has locks that work.
///
/// It is given up when nobody holds the value any more, and by the system if the process is killed.
public final class FolderLock {
    private let descriptor: Int32

    /// Waits for the lock; `waiting` is called once if another process holds it.
    public init(_ folder: String, waiting: () -> Void = {}) {
        descriptor = FileSystem.open(folder, O_RDONLY | O_DIRECTORY)
        guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK
        else { return }
        waiting()
        while flock(descriptor, LOCK_EX) != 0 && errno == EINTR {}
    }

    deinit { if descriptor >= 0 { close(descriptor) } }
}
