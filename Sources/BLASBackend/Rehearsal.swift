import Tensors

extension BLASBackend {
    /// Calls the operations with nobody at work and another pool, which tells what was borrowed. All
    /// that looks at operands is a thread's job, so they need no memory behind them.
    public func scratchBytes(of operations: [DenseOperation]) throws -> Int {
        let (pool, rehearsed) = (scratch, ScratchPool())
        scratch = rehearsed
        threads.isResting = true
        defer {
            scratch = pool
            threads.isResting = false
        }
        let nothing = try HostStorage(byteCount: 0, ledger: MemoryLedger())
        func operand(_ shape: Shape) -> Tensor {
            Tensor(
                shape: shape,
                buffer: HostBuffer(nothing, byteCount: shape.count * MemoryLayout<Float>.stride))
        }
        for operation in Set(operations) {
            let (first, second, result) = operation.operands
            try perform(operation, operand(first), operand(second), into: operand(result))
        }
        return rehearsed.ledger.use.current
    }
}
