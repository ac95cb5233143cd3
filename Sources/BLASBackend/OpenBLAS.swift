import COpenBLAS
import Synchronization
import Tensors

/// The memory that OpenBLAS takes for itself.
///
/// At a thread's first product OpenBLAS maps a buffer. If the system refuses, OpenBLAS asks again,
/// for ever. So a process with a limited address space (`ulimit -v`) keeps as much free as all
/// threads will take.
enum OpenBLASMemory {
    /// OpenBLAS's buffer and a thread's stack.
    private static let bytesPerThread = (128 << 20) + (8 << 20)

    private static let minTensorBytes = 64 << 20

    /// Bytes of address space to keep free; 0 if it is not limited.
    ///
    /// - Throws: ``OutOfMemoryError`` if they are not there to begin with.
    static func reserve(threads: Int) throws -> Int {
        guard let left = HostMemory.addressSpaceLeft else { return 0 }
        let bytes = threads.saturatingMultiplied(by: bytesPerThread)
        // Twice, see `HostMemorySource.available`, and something for the tensors.
        guard bytes <= (left - minTensorBytes) / 2 else {
            throw OutOfMemoryError(
                "the limit on the address space leaves \(left) bytes, and OpenBLAS takes "
                    + "\(bytesPerThread) for each of \(threads) threads",
                advice: "raise the limit (ulimit -v), or use fewer threads")
        }
        return bytes
    }
}

/// How many threads OpenBLAS itself uses.
///
/// The number belongs to the whole process, which may use OpenBLAS for its own purposes. Each of our
/// threads computes one part of a product by a call of its own, so OpenBLAS must not add threads
/// while we compute, and the process gets its number back when we are done.
enum OpenBLASThreads {
    /// Operations under way in all backends of the process, and the number that the first one found.
    private static let users = Mutex((count: 0, found: Int32(1)))

    /// Runs `body`, within which OpenBLAS computes every product on the thread that asks for it.
    static func single<Result>(_ body: () throws -> Result) rethrows -> Result {
        users.withLock { users in
            if users.count == 0 {
                users.found = openblas_get_num_threads()
                openblas_set_num_threads(1)
            }
            users.count += 1
        }
        defer {
            users.withLock { users in
                users.count -= 1
                if users.count == 0 { openblas_set_num_threads(users.found) }
            }
        }
        return try body()
    }
}
