import ReferenceBackend
import Tensors

/// A batch norm and the average pool behind it.
struct PooledProblem: Sendable {
    let norm: BatchNormProblem
    let pool: AveragePoolGeometry

    var summary: String { "\(norm.summary), pool to \(pool.size)" }
    var windowSumsShape: Shape { [2, pool.batch, pool.features] }

    /// The mean of every window, on the reference.
    func averages(of values: [Double]) throws -> [Double] {
        try onReference(values, pool.inputShape, to: pool.outputShape) {
            try $0.averagePool($1, pool, into: $2)
        }
    }

    /// The largest element of every window of `maxPool`, on the reference.
    func largest(of values: [Double], _ maxPool: MaxPoolGeometry) throws -> [Double] {
        try onReference(values, maxPool.inputShape, to: maxPool.outputShape) {
            try $0.maxPool($1, maxPool, into: $2)
        }
    }

    /// The gradient in front of the pool, and the sum of its terms' magnitudes, on the reference.
    func spread(_ pooledGradient: [Double]) throws -> (gradient: [Double], magnitude: [Double]) {
        let results = try [pooledGradient, pooledGradient.map(abs)].map { values in
            try onReference(values, pool.outputShape, to: pool.inputShape) {
                try $0.averagePoolGradient(of: $1, pool, into: $2)
            }
        }
        return (results[0], results[1])
    }

    private func onReference(
        _ values: [Double], _ shape: Shape, to resultShape: Shape,
        _ body: (ReferenceBackend, Tensor, Tensor) throws -> Void
    ) throws -> [Double] {
        let backend = ReferenceBackend()
        let (input, output) = (
            try backend.makeTensor(shape), try backend.makeTensor(resultShape)
        )
        backend.uploadDoubles(values, to: input)
        try body(backend, input, output)
        return backend.readDoubles(output)
    }
}

/// The errors of the LLS loss, carried through its chain:
/// unit vector → scores → cross-entropy → gradient of the unit vector → gradient of the pool.
///
/// Each step adds its own sums' errors to what the one before hands on. The gradient's products
/// with the unit vector count with the magnitudes of their terms, because the dot product may also
/// be taken in the classes, as `Σ G·score`.
struct SynchronizationError {
    let gradient: [Double]
    let loss: CrossEntropyError

    /// - Parameter crossEntropy: the errors of scores, of which each may be off by so much.
    init(
        pooled: [[Double]], basis: [[Double]], gradient result: [[Double]],
        crossEntropy: (_ scores: [[Double]], _ errors: [[Double]]) -> CrossEntropyError
    ) {
        let (features, classes) = (basis[0].count, basis.count)
        let rowError = RowNormError(features: features)
        let norms = pooled.map { row in
            max(row.reduce(0) { $0 + $1 * $1 }.squareRoot(), 1e-12)
        }
        let normalized = zip(pooled, norms).map { row, norm in row.map { $0 / norm } }
        let scores = normalized.map { unit in basis.map { dot(unit, $0) } }
        let scoreErrors = normalized.map { unit in
            basis.map { vector in
                let magnitude = dot(unit.map(abs), vector.map(abs))
                return magnitude * rowError.unit + Rounding.sum(of: features, magnitude: magnitude)
            }
        }
        loss = crossEntropy(scores, scoreErrors)
        let gradientErrors = loss.gradient.chunked(classes)
        let scoreGradients = loss.magnitudes.chunked(classes)

        gradient = normalized.indices.flatMap { row in
            let (unit, norm) = (normalized[row], norms[row])
            // Per feature: the error and the magnitude of Σ G·basis.
            var (errors, magnitudes) = (
                [Double](repeating: 0, count: features), [Double](repeating: 0, count: features)
            )
            for c in 0..<classes {
                let (value, error) = (scoreGradients[row][c], gradientErrors[row][c])
                for i in 0..<features {
                    errors[i] += error * abs(basis[c][i])
                    magnitudes[i] += value * abs(basis[c][i])
                }
            }
            for i in 0..<features {
                errors[i] += Rounding.sum(of: classes, magnitude: magnitudes[i])
            }
            let along = dot(magnitudes, unit.map(abs))
            let alongError =
                dot(errors, unit.map(abs)) + along * rowError.unit
                + Rounding.sum(of: features + classes, magnitude: along)
            return (0..<features).map { i in
                let (own, u) = (magnitudes[i], abs(unit[i]))
                let roundings = 2 * Rounding.unitRoundoff + 2 * Rounding.division
                return
                    (errors[i] + u * alongError + u * rowError.unit * along
                    + roundings * (own + u * along)) / norm
                    + abs(result[row][i]) * rowError.norm + Rounding.underflow
            }
        }
    }
}

private func dot(_ one: [Double], _ other: [Double]) -> Double {
    zip(one, other).reduce(0) { $0 + $1.0 * $1.1 }
}
