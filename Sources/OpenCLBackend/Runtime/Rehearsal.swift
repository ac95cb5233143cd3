import Tensors

/// Notes what operations borrow while they are called with nothing behind their tensors: launches
/// are not made, and scratch is not allocated.
final class Rehearsal {
    private final class NoMemory: DeviceBuffer {}

    private var lent: [Int] = []
    /// Bytes of the pool's buffers, the largest first: as many and as large as any set that was lent
    /// at once.
    private var pool: [Int] = []

    var poolBytes: Int { pool.reduce(0, +) }

    func tensor(_ shape: Shape) -> Tensor { Tensor(shape: shape, buffer: NoMemory()) }

    func lend<Result>(_ shapes: [Shape], _ body: ([Tensor]) throws -> Result) rethrows -> Result {
        let sizes = shapes.map { 4 * max($0.count, 1) }
        lent += sizes
        defer { lent.removeLast(sizes.count) }
        for (index, size) in lent.sorted(by: >).enumerated() {
            if index < pool.count {
                pool[index] = max(pool[index], size)
            } else {
                pool.append(size)
            }
        }
        return try body(shapes.map(tensor))
    }
}

extension OpenCLBackend {
    public func scratchBytes(of operations: [DenseOperation]) throws -> Int {
        let rehearsal = Rehearsal()
        self.rehearsal = rehearsal
        defer { self.rehearsal = nil }
        for operation in Set(operations) {
            let (first, second, result) = operation.operands
            try perform(
                operation, rehearsal.tensor(first), rehearsal.tensor(second),
                into: rehearsal.tensor(result))
        }
        return rehearsal.poolBytes
    }
}
