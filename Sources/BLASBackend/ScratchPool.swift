/// Memory that is lent to one operation after the other.
///
/// It holds as many buffers as were ever lent at the same time, each as large as was ever needed in
/// its place, so that operations whose shapes have been seen allocate nothing.
final class ScratchPool {
    private let source: HostMemorySource
    /// Those at home, smallest first.
    private var free: [HostStorage] = []

    init(from source: HostMemorySource) { self.source = source }

    /// Lends memory for each of `byteCounts` for the duration of `body`.
    func lend<Result>(
        _ byteCounts: [Int], _ body: ([HostStorage]) throws -> Result
    ) throws -> Result {
        var lent: [HostStorage] = []
        defer { lent.forEach(takeBack) }
        for byteCount in byteCounts { lent.append(try take(byteCount)) }
        return try body(lent)
    }

    /// Lends `count` values of a trivial type.
    func lend<Element: BitwiseCopyable, Result>(
        _ count: Int, of type: Element.Type,
        _ body: (UnsafeMutablePointer<Element>) throws -> Result
    ) throws -> Result {
        try lend([count * MemoryLayout<Element>.stride]) {
            try body($0[0].pointer.assumingMemoryBound(to: type))
        }
    }

    /// The smallest that suffices; else the largest at home makes room for a larger one.
    private func take(_ byteCount: Int) throws -> HostStorage {
        if let index = free.firstIndex(where: { $0.byteCount >= byteCount }) {
            return free.remove(at: index)
        }
        _ = free.popLast()
        return try HostStorage(byteCount: byteCount, from: source)
    }

    private func takeBack(_ storage: HostStorage) {
        let place = free.firstIndex { $0.byteCount > storage.byteCount } ?? free.endIndex
        free.insert(storage, at: place)
    }
}
