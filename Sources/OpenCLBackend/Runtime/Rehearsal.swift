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

    /// Calls `operation` by its shape.
    func perform(
        _ operation: DenseOperation, _ first: Tensor, _ second: Tensor, into result: Tensor
    ) throws {
        switch operation {
        case .product(let product):
            try multiply(
                MatrixFactor(first, isTransposed: product.isLeftTransposed),
                MatrixFactor(second, isTransposed: product.isRightTransposed), into: result)
        case .convolution(let geometry, .forward):
            try convolve(first, second, bias: nil, geometry, into: result)
        case .convolution(let geometry, .weightGradient):
            try convolutionWeightGradient(first, of: second, geometry, into: result)
        case .convolution(let geometry, .inputGradient):
            try convolutionInputGradient(of: first, second, geometry, into: result)
        }
    }
}

extension DenseOperation {
    /// The shapes of what it reads and writes.
    var operands: (first: Shape, second: Shape, result: Shape) {
        switch self {
        case .product(let product):
            (
                product.isLeftTransposed
                    ? [product.depth, product.rows] : [product.rows, product.depth],
                product.isRightTransposed
                    ? [product.columns, product.depth] : [product.depth, product.columns],
                [product.rows, product.columns]
            )
        case .convolution(let geometry, .forward):
            (geometry.inputShape, geometry.weightShape, geometry.outputShape)
        case .convolution(let geometry, .weightGradient):
            (geometry.inputShape, geometry.outputShape, geometry.weightShape)
        case .convolution(let geometry, .inputGradient):
            (geometry.outputShape, geometry.weightShape, geometry.inputShape)
        }
    }
}
