/// The shape of a product `[rows, depth] · [depth, columns]` whose factors may be stored transposed.
public struct ProductGeometry: Hashable, Sendable {
    /// Extents of the product, and the terms of each sum.
    public let rows, depth, columns: Int
    /// Whether a factor is stored as `[depth, rows]`, or `[columns, depth]`.
    public let isLeftTransposed, isRightTransposed: Bool

    /// A product of these extents.
    public init(
        rows: Int, depth: Int, columns: Int, isLeftTransposed: Bool = false,
        isRightTransposed: Bool = false
    ) {
        self.rows = rows
        self.depth = depth
        self.columns = columns
        self.isLeftTransposed = isLeftTransposed
        self.isRightTransposed = isRightTransposed
    }

    /// The product of two factors.
    public init(_ left: MatrixFactor, _ right: MatrixFactor) {
        self.init(
            rows: left.rows, depth: left.columns, columns: right.columns,
            isLeftTransposed: left.isTransposed, isRightTransposed: right.isTransposed)
    }

    /// One for each term of each sum.
    public var multiplyAccumulates: Int { [rows, depth, columns].saturatingProduct() }
}

/// An operation that multiplies and accumulates, by its shape alone. Plans count these, tuners time
/// them.
public enum DenseOperation: Hashable, Sendable {
    /// A matrix product.
    case product(ProductGeometry)
    /// One pass of a convolution.
    case convolution(ConvolutionGeometry, Pass)

    /// The part of a convolution's arithmetic.
    public enum Pass: String, CaseIterable, Sendable {
        /// The output, from input and weights.
        case forward
        /// The weights' gradient, from input and output gradient.
        case weightGradient = "weight-gradient"
        /// The input's gradient, from output gradient and weights.
        case inputGradient = "input-gradient"
    }

    /// The matrix product that a 1×1 convolution is; itself otherwise.
    public var simplified: DenseOperation {
        guard case .convolution(let geometry, let pass) = self, geometry.isMatrixProduct else {
            return self
        }
        let (pixels, inputs) = (geometry.outputPixels, geometry.inputChannels)
        let outputs = geometry.outputChannels
        return switch pass {
        case .forward:
            .product(ProductGeometry(rows: pixels, depth: inputs, columns: outputs))
        case .weightGradient:
            .product(
                ProductGeometry(
                    rows: inputs, depth: pixels, columns: outputs, isLeftTransposed: true))
        case .inputGradient:
            .product(
                ProductGeometry(
                    rows: pixels, depth: outputs, columns: inputs, isRightTransposed: true))
        }
    }

    /// One for each term of each sum; a convolution's padding is counted too.
    public var multiplyAccumulates: Int {
        switch self {
        case .product(let geometry): geometry.multiplyAccumulates
        case .convolution(let geometry, _): geometry.multiplyAccumulates
        }
    }

    /// The shapes of its two operands and of its result.
    public var operands: (first: Shape, second: Shape, result: Shape) {
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

extension Backend {
    /// Makes the tensors that `operation` works on, and calls it.
    public func perform(_ operation: DenseOperation) throws {
        let shapes = operation.operands
        let (first, second) = (try makeTensor(shapes.first), try makeTensor(shapes.second))
        try perform(operation, first, second, into: makeTensor(shapes.result))
    }

    /// Calls `operation` by its shape.
    public func perform(
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
