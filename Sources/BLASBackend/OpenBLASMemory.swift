import Tensors

/// The memory that OpenBLAS takes for itself.
///
/// At a thread's first product it maps a buffer, and where the system refuses it asks again, for
/// ever. So a process whose address space is limited (`ulimit -v`) keeps as much free as all threads
/// will take.
enum OpenBLASMemory {
    /// OpenBLAS's buffer and a thread's stack.
    private static let bytesPerThread = (128 << 20) + (8 << 20)

    private static let leastTensors = 64 << 20

    /// Bytes of address space to keep free; 0 where it is not limited.
    ///
    /// - Throws: ``OutOfMemoryError`` if they are not there to begin with.
    static func reserve(threads: Int) throws -> Int {
        guard let left = HostMemory.addressSpaceLeft else { return 0 }
        let bytes = threads.saturatingMultiplied(by: bytesPerThread)
        // Twice, see `HostMemorySource.available`, and something for the tensors.
        guard bytes <= (left - leastTensors) / 2 else {
            throw OutOfMemoryError(
                "the limit on the address space leaves \(left) bytes, and OpenBLAS takes "
                    + "\(bytesPerThread) for each of \(threads) threads",
                advice: "raise the limit (ulimit -v), or use fewer threads")
        }
        return bytes
    }
}
