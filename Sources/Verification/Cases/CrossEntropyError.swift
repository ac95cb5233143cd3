import Foundation
import Tensors

/// The errors that a softmax cross-entropy in Float32 may have.
///
/// With A the largest magnitude of a row's scaled logits `a`, the exponent `a − max` is off by at
/// most `2·(division)·A` and the roundings of `a` and of the difference, together `14·A` units; its
/// exponential by that and its own limit. A sum of C exponentials adds C units, its logarithm its
/// own limit, relative to at most log C.
struct CrossEntropyError {
    /// The bound of every element of the gradient.
    private(set) var gradient: [Double] = []
    /// The magnitude of every element of the gradient.
    private(set) var magnitudes: [Double] = []
    private var losses: [(magnitude: Double, error: Double)] = []
    private let classes: Int

    /// - Parameter logitErrors: how far every logit may be off before; 0 if they are inputs.
    init(
        logits: [[Double]], labels: [Double], _ options: CrossEntropyOptions,
        logitErrors: [[Double]]? = nil
    ) {
        let (temperature, smoothing) = (
            Double(options.temperature), Double(options.labelSmoothing)
        )
        let unitRoundoff = Rounding.unitRoundoff
        classes = logits.first?.count ?? 0
        let (width, spread) = (Double(classes), log(Double(max(classes, 2))))
        for (row, values) in logits.enumerated() {
            let scaled = values.map { $0 / temperature }
            let largest = scaled.reduce(-.infinity, max)
            let magnitude = scaled.reduce(0) { max($0, abs($1)) }
            let incoming = (logitErrors?[row].reduce(0, max) ?? 0) / temperature
            let sum = scaled.reduce(0) { $0 + exp($1 - largest) }
            let probabilities = scaled.map { exp($0 - largest) / sum }

            // The error of log q is absolute; that of q is relative: twice the exponent's, for the
            // numerator and the sum.
            let logError =
                2 * incoming
                + unitRoundoff * (16 * magnitude + 8 + width + 4 * spread) + Rounding.logarithm
                * spread
            let relative =
                Foundation.expm1(2 * incoming)
                + unitRoundoff * (28 * magnitude + width) + 2 * Rounding.exponential
                + Rounding.division
                + logError - 2 * incoming
            let target = scaled.indices.map { c in
                (c == Int(labels[row]) ? 1 - smoothing : 0) + smoothing / width
            }
            let scale = 1 / (temperature * Double(logits.count))
            gradient += zip(probabilities, target).map { q, t in
                scale
                    * (q * relative + 3 * unitRoundoff * t
                        + (2 * unitRoundoff + Rounding.division) * (abs(q - t) + q + t))
                    + Rounding.underflow
            }
            magnitudes += zip(probabilities, target).map { scale * abs($0 - $1) }
            // Σ t·log q may be taken apart as Σ t·a − log Σ, whose terms cancel.
            let terms = zip(target, scaled).reduce(0) { sum, pair in
                sum + pair.0 * (abs(pair.1 - largest) + spread)
            }
            losses.append(
                (magnitude: terms + smoothing * (magnitude + spread), error: logError))
        }
    }

    /// The bound of the mean loss, added to `total`: the mean of the rows' errors, and the sums over
    /// classes and batch.
    func loss(addedTo total: Double) -> Double {
        let batch = Double(losses.count)
        return losses.reduce(0) { $0 + $1.error } / batch
            + Rounding.sum(
                of: classes + losses.count + 4,
                magnitude: abs(total) + losses.reduce(0) { $0 + $1.magnitude } / batch)
    }
}
