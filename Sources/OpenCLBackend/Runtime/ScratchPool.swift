/// Buffers that are lent for the duration of an operation.
///
/// Commands run in order, so a buffer may be lent again while the last borrower's commands are
/// still under way. A buffer that is too small is replaced, never kept beside its successor: the
/// pool grows to the largest set of buffers that was ever lent at once, and then stays.
final class ScratchPool {
    private var free: [OpenCLBuffer] = []  // by size, ascending

    /// Buffers of at least these sizes, in bytes.
    func take(_ sizes: [Int], allocate: (Int) throws -> OpenCLBuffer) throws -> [OpenCLBuffer] {
        var taken = [OpenCLBuffer?](repeating: nil, count: sizes.count)
        do {
            // The largest first, or a small request may take what a large one needs.
            for index in sizes.indices.sorted(by: { sizes[$0] > sizes[$1] }) {
                if let place = free.firstIndex(where: { $0.byteCount >= sizes[index] }) {
                    taken[index] = free.remove(at: place)
                } else {
                    _ = free.popLast()
                    taken[index] = try allocate(sizes[index])
                }
            }
        } catch {
            give(back: taken.compactMap { $0 })
            throw error
        }
        return taken.compactMap { $0 }
    }

    func give(back buffers: [OpenCLBuffer]) {
        for buffer in buffers {
            let place = free.firstIndex { $0.byteCount >= buffer.byteCount } ?? free.endIndex
            free.insert(buffer, at: place)
        }
    }
}
