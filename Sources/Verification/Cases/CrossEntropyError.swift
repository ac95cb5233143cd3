import Foundation
import Tensors

/// The errors that a softmax cross-entropy in Float32 may have.
///
/// With A the largest magnitude of a row's scaled logits `a`, the exponent `a − max` is off by at
/// most `2·(division)·A` and the roundings of `a` and of the difference, together `14·A` units; its
/// exponential by that and its own limit. A sum of C exponentials adds C units, its logarithm its
/// own limit, relative to at most log C.
///
/// With weights the targets are rounded once more each, and their sum M, by which probabilities and the
/// logarithm are multiplied, is a sum of C positive terms.
struct CrossEntropyError {
    /// The bound of every element of the gradient.
    private(set) var gradient: [Double] = []
    /// The magnitude of every element of the gradient.
    private(set) var magnitudes: [Double] = []
    private var losses: [(magnitude: Double, error: Double)] = []
    private let classes: Int
    /// What sums over the batch are divided by.
    private let divisor: Double

    /// - Parameters:
    ///   - weights: of all classes, and their sum over the labels; nil if all are 1.
    ///   - logitErrors: how far every logit may be off before; 0 if they are inputs.
    init(
        logits: [[Double]], labels: [Double], _ options: CrossEntropyOptions,
        weights: (values: [Double], sum: Double)? = nil, logitErrors: [[Double]]? = nil
    ) {
        let (temperature, smoothing) = (
            Double(options.temperature), Double(options.labelSmoothing)
        )
        let unitRoundoff = Rounding.unitRoundoff
        classes = logits.first?.count ?? 0
        divisor = weights?.sum ?? Double(logits.count)
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
            let massError = weights == nil ? 0 : unitRoundoff * (2 * width + 8)
            let relative =
                massError + Foundation.expm1(2 * incoming)
                + unitRoundoff * (28 * magnitude + width) + 2 * Rounding.exponential
                + Rounding.division
                + logError - 2 * incoming
            let target = scaled.indices.map { c in
                ((c == Int(labels[row]) ? 1 - smoothing : 0) + smoothing / width)
                    * (weights?.values[c] ?? 1)
            }
            let mass = weights == nil ? 1 : target.reduce(0, +)
            let shares = probabilities.map { mass * $0 }
            let scale = 1 / (temperature * divisor)
            gradient += zip(shares, target).map { q, t in
                scale
                    * (q * relative + (weights == nil ? 3 : 5) * unitRoundoff * t
                        + (2 * unitRoundoff + Rounding.division) * (abs(q - t) + q + t))
                    + Rounding.underflow
            }
            magnitudes += zip(shares, target).map { scale * abs($0 - $1) }
            let largestWeight = weights.map { $0.values.reduce(0, max) } ?? 1
            // Σ t·log q may be taken apart as Σ t·a − log Σ, whose terms cancel.
            let terms = zip(target, scaled).reduce(0) { sum, pair in
                sum + pair.0 * (abs(pair.1 - largest) + spread)
            }
            losses.append(
                (
                    magnitude: terms + smoothing * largestWeight * (magnitude + spread),
                    error: mass * (logError + massError * spread)
                ))
        }
    }

    /// The bound of the mean loss, added to `total`: the mean of the rows' errors, and the sums over
    /// classes and batch.
    func loss(addedTo total: Double) -> Double {
        losses.reduce(0) { $0 + $1.error } / divisor
            + Rounding.sum(
                of: classes + losses.count + 4,
                magnitude: abs(total) + losses.reduce(0) { $0 + $1.magnitude } / divisor)
    }
}
