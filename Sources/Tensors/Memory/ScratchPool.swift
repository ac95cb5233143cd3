/// One allocation of a backend, as its scratch pool sees it.
package protocol ScratchMemory: AnyObject {
    /// Its size.
    var byteCount: Int { get }
}

/// Memory that one operation uses after the other.
///
/// The pool holds as many allocations as were ever in use at the same time. One that is too small is
/// replaced, never kept beside its successor. So operations whose shapes have been seen allocate
/// nothing. On a device that runs its commands in order, memory may be used again while the commands
/// of the operation before are still under way.
package final class ScratchPool<Memory: ScratchMemory> {
    /// Allocations that are not in use, smallest first.
    private var free: [Memory] = []

    /// An empty pool.
    package init() {}

    /// Runs `body` with memory of at least `byteCounts` bytes each, in this order.
    ///
    /// - Parameter allocate: makes an allocation of at least that many bytes.
    /// - Throws: the errors of `allocate` and `body`.
    package func withScratch<Result>(
        _ byteCounts: [Int], allocate: (Int) throws -> Memory, _ body: ([Memory]) throws -> Result
    ) throws -> Result {
        var acquired = [Memory?](repeating: nil, count: byteCounts.count)
        defer { acquired.forEach(release) }
        // The largest first: a small request must not take what a large one needs.
        for index in byteCounts.indices.sorted(by: { byteCounts[$0] > byteCounts[$1] }) {
            acquired[index] = try acquire(byteCounts[index], allocate)
        }
        return try body(acquired.compactMap { $0 })
    }

    /// The smallest that suffices; else the largest makes room for a larger one.
    private func acquire(_ byteCount: Int, _ allocate: (Int) throws -> Memory) throws -> Memory {
        if let index = free.firstIndex(where: { $0.byteCount >= byteCount }) {
            return free.remove(at: index)
        }
        _ = free.popLast()
        return try allocate(byteCount)
    }

    private func release(_ memory: Memory?) {
        guard let memory else { return }
        let index = free.firstIndex { $0.byteCount >= memory.byteCount } ?? free.endIndex
        free.insert(memory, at: index)
    }
}
