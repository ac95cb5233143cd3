/// A product `[rows, depth] · [depth, columns]`, and which of its factors lie transposed.
public struct ProductGeometry: Hashable, Sendable {
    public let rows, depth, columns: Int
    public let isLeftTransposed, isRightTransposed: Bool

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

    public init(_ left: MatrixFactor, _ right: MatrixFactor) {
        self.init(
            rows: left.rows, depth: left.columns, columns: right.columns,
            isLeftTransposed: left.isTransposed, isRightTransposed: right.isTransposed)
    }

    public var multiplyAccumulates: Int { rows * depth * columns }
}

/// An operation that multiplies and accumulates, by its shape alone: what plans count and tuners
/// time.
public enum DenseOperation: Hashable, Sendable {
    case product(ProductGeometry)
    case convolution(ConvolutionGeometry, Pass)

    /// What of a convolution is computed.
    public enum Pass: String, CaseIterable, Sendable {
        case forward
        case weightGradient = "weight-gradient"
        case inputGradient = "input-gradient"
    }

    public var multiplyAccumulates: Int {
        switch self {
        case .product(let geometry): geometry.multiplyAccumulates
        case .convolution(let geometry, _): geometry.multiplyAccumulates
        }
    }
}
