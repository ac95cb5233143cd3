import Tensors

extension OpenCLBackend: MatrixOps {
    public func multiply(
        _ left: MatrixFactor, _ right: MatrixFactor, bias: Tensor?, into output: Tensor
    ) throws {
        checkProduct(left, right, bias: bias, into: output)
        guard output.count > 0 else { return }
        precondition(left.columns > 0, "a product of depth 0")
        let product = MatrixProduct(
            left: left, right: right, bias: try bias ?? zeros(count: right.columns),
            output: output)
        switch engine {
        case .register: try multiplyInRegisters(product)
        case .local: try multiplyInLocalMemory(product)
        }
    }
}

/// `output [rows, columns] = left [rows, depth] · right [depth, columns] + bias [columns]`.
struct MatrixProduct {
    let left, right: MatrixFactor
    let bias, output: Tensor

    var operation: DenseOperation { .product(ProductGeometry(left, right)) }
    var rows: Int { left.rows }
    var depth: Int { left.columns }
    var columns: Int { right.columns }
}
