/// A matrix `[rows, columns]`, or the transpose of one, as a factor of a product.
public struct MatrixFactor {
    /// The matrix as it is stored.
    public let tensor: Tensor
    /// Whether the product sees its transpose.
    public let isTransposed: Bool

    /// - Precondition: `tensor` has rank 2.
    public init(_ tensor: Tensor, isTransposed: Bool = false) {
        precondition(tensor.shape.rank == 2, "a matrix has rank 2, not \(tensor.shape)")
        self.tensor = tensor
        self.isTransposed = isTransposed
    }

    /// Rows as the product sees them.
    public var rows: Int { tensor.shape[isTransposed ? 1 : 0] }
    /// Columns as the product sees them.
    public var columns: Int { tensor.shape[isTransposed ? 0 : 1] }
}

extension Tensor {
    /// This matrix as a factor.
    public var matrix: MatrixFactor { MatrixFactor(self) }
    /// This matrix's transpose as a factor.
    public var transposed: MatrixFactor { MatrixFactor(self, isTransposed: true) }
}

/// Products of matrices.
public protocol MatrixOps: DeviceMemory {
    /// `output = left · right (+ bias in every row)`.
    ///
    /// - Parameters:
    ///   - left: `[m, k]`; right: `[k, n]`; either may be a transpose.
    ///   - bias: `[n]`.
    ///   - output: `[m, n]`.
    func multiply(
        _ left: MatrixFactor, _ right: MatrixFactor, bias: Tensor?, into output: Tensor) throws
}

extension MatrixOps {
    /// `output = left · right`, see ``multiply(_:_:bias:into:)``.
    public func multiply(_ left: MatrixFactor, _ right: MatrixFactor, into output: Tensor) throws {
        try multiply(left, right, bias: nil, into: output)
    }

    /// Traps, with all shapes, unless a product can be formed. For backends.
    public func checkProduct(
        _ left: MatrixFactor, _ right: MatrixFactor, bias: Tensor?, into output: Tensor
    ) {
        precondition(
            left.columns == right.rows && output.shape == [left.rows, right.columns]
                && (bias.map { $0.shape == [right.columns] } ?? true),
            """
            cannot multiply [\(left.rows), \(left.columns)] by [\(right.rows), \(right.columns)] \
            with bias \(bias?.shape.description ?? "none") into \(output.shape)
            """)
    }
}
