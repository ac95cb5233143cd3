import COpenBLAS
import CVectorLoops
import Tensors

extension BLASBackend {
    public func multiply(
        _ left: MatrixFactor, _ right: MatrixFactor, bias: Tensor?, into output: Tensor
    ) throws {
        checkProduct(left, right, bias: bias, into: output)
        let (rows, columns, terms) = (left.rows, right.columns, left.columns)
        guard max(rows, columns, terms) <= Int(blasint.max) else {
            throw OutOfMemoryError(
                "OpenBLAS cannot multiply \(rows) × \(terms) by \(terms) × \(columns)")
        }
        let product = MatrixProduct(
            left: left.tensor.floats, isLeftTransposed: left.isTransposed,
            leftStride: left.tensor.shape[1], right: right.tensor.floats,
            isRightTransposed: right.isTransposed, rightStride: right.tensor.shape[1],
            output: output.floats, outputStride: columns)
        if max(rows, columns) < 64 && terms >= 2_048 {
            return try multiplyInSums(product, rows, columns, terms, bias: bias?.floats)
        }
        let bias = bias?.floats
        let (byRows, work) = (rows >= columns, terms * min(rows, columns))
        let parts = partition(max(rows, columns), grain: 16, work: work)
        runProducts(parts.count) { part in
            product.compute(
                rows: byRows ? parts[part] : 0..<rows, columns: byRows ? 0..<columns : parts[part],
                terms: 0..<terms, bias: bias)
        }
    }

    /// A small result of long sums: threads share the sums, and the partial ones are added in order.
    private func multiplyInSums(
        _ product: MatrixProduct, _ rows: Int, _ columns: Int, _ terms: Int,
        bias: UnsafeMutablePointer<Float>?
    ) throws {
        let parts = partition(terms, grain: 64, work: rows * columns)
        let size = rows * columns
        try withScratch(parts.count * size, of: Float.self) { memory in
            runProducts(parts.count) { part in
                var partial = product
                if part > 0 { partial.output = memory + part * size }
                partial.compute(
                    rows: 0..<rows, columns: 0..<columns, terms: parts[part],
                    bias: part == 0 ? bias : nil)
            }
            parallelFor(size, grain: 64) { _, range in
                for part in 1..<max(1, parts.count) {
                    vector_add(
                        memory + part * size + range.lowerBound,
                        product.output + range.lowerBound, range.count)
                }
            }
        }
    }
}

/// One product of matrices, of which any block can be computed by one call of `sgemm`.
struct MatrixProduct {
    var left: UnsafePointer<Float>
    var isLeftTransposed = false
    /// Elements from one row to the next, as the memory has it; so too below.
    var leftStride: Int
    var right: UnsafePointer<Float>
    var isRightTransposed = false
    var rightStride: Int
    var output: UnsafeMutablePointer<Float>
    var outputStride: Int

    /// Terms that `sgemm` sums in one go. A sum of runs rounds less than one long sum, which is
    /// worth its two percent if a sign depends on the last bits.
    private static let longestRun = 128

    init(
        left: UnsafePointer<Float>, isLeftTransposed: Bool = false, leftStride: Int,
        right: UnsafePointer<Float>, isRightTransposed: Bool = false, rightStride: Int,
        output: UnsafeMutablePointer<Float>, outputStride: Int
    ) {
        self.left = left
        self.isLeftTransposed = isLeftTransposed
        self.leftStride = leftStride
        self.right = right
        self.isRightTransposed = isRightTransposed
        self.rightStride = rightStride
        self.output = output
        self.outputStride = outputStride
    }

    /// Computes the block of `rows` and `columns`, from these `terms` of the sums.
    ///
    /// - Parameters:
    ///   - bias: added to every row; the whole vector, not only `columns` of it.
    ///   - isAdded: whether the sums are added to the output, rather than replacing it. Excludes a
    ///     bias.
    func compute(
        rows: Range<Int>, columns: Range<Int>, terms: Range<Int>,
        bias: UnsafePointer<Float>? = nil, isAdded: Bool = false
    ) {
        let result = output + rows.lowerBound * outputStride + columns.lowerBound
        if let bias {
            vector_fill_rows(
                bias + columns.lowerBound, result, rows.count, columns.count, outputStride)
        }
        var start = terms.lowerBound
        while start < terms.upperBound {
            let end = min(start + Self.longestRun, terms.upperBound)
            let isFirst = start == terms.lowerBound && !isAdded && bias == nil
            add(rows, columns, start..<end, to: result, keeping: !isFirst)
            start = end
        }
    }

    private func add(
        _ rows: Range<Int>, _ columns: Range<Int>, _ terms: Range<Int>,
        to result: UnsafeMutablePointer<Float>, keeping: Bool
    ) {
        let (row, term, column) = (rows.lowerBound, terms.lowerBound, columns.lowerBound)
        cblas_sgemm(
            CblasRowMajor, isLeftTransposed ? CblasTrans : CblasNoTrans,
            isRightTransposed ? CblasTrans : CblasNoTrans,
            blasint(rows.count), blasint(columns.count), blasint(terms.count), 1,
            left + (isLeftTransposed ? term * leftStride + row : row * leftStride + term),
            blasint(leftStride),
            right
                + (isRightTransposed
                    ? column * rightStride + term : term * rightStride + column),
            blasint(rightStride), keeping ? 1 : 0, result,
            blasint(outputStride))
    }
}
