import Tensors

extension ReferenceBackend {
    public func multiply(
        _ left: MatrixFactor, _ right: MatrixFactor, bias: Tensor?, into output: Tensor
    ) throws {
        checkProduct(left, right, bias: bias, into: output)
        let (columns, length) = (right.columns, left.columns)
        let (a, b, c) = (left.tensor.elements, right.tensor.elements, output.elements)
        let biases = bias?.elements
        for row in 0..<left.rows {
            let sums = UnsafeMutableBufferPointer(rebasing: c[row * columns..<(row + 1) * columns])
            for column in 0..<columns { sums[column] = biases?[column] ?? 0 }
            for k in 0..<length {
                let factor = left.isTransposed ? a[k * left.rows + row] : a[row * length + k]
                if right.isTransposed {
                    for column in 0..<columns { sums[column] += factor * b[column * length + k] }
                } else {
                    for column in 0..<columns { sums[column] += factor * b[k * columns + column] }
                }
            }
        }
    }
}
