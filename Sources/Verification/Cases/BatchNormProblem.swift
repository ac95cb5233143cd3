import Foundation
import Randomness
import Tensors

/// A batch norm with its activation: inputs, and the errors that its operations may make.
struct BatchNormProblem: Sendable {
    let shape: Shape
    let activation: Activation
    /// The mean of the input in units of its half width: far from zero, naive variances cancel.
    var offset: Float = 0

    var rows: Int { shape.rows }
    var summary: String {
        "\(shape) \(activation.summary)\(offset == 0 ? "" : ", offset \(offset)")"
    }

    enum GradientDestination: String, CaseIterable, Sendable {
        case apart = ""
        case input = " into input"
        case outputGradient = " into output gradient"

        var operand: String {
            switch self {
            case .apart: "inputGradient"
            case .input: "input"
            case .outputGradient: "outputGradient"
            }
        }
    }

    // MARK: Inputs

    private var random: RandomSource { RandomSource(seed: 0, stream: "batch norm \(summary)") }

    private func values(_ stream: Int, _ count: Int, _ range: ClosedRange<Float>) -> [Float] {
        let source = RandomSource(seed: random.bits(stream), stream: "values")
        return source.uniforms(count).map {
            range.lowerBound + (range.upperBound - range.lowerBound) * $0
        }
    }

    /// Scales of both signs, away from 0.
    private var scale: [Float] {
        values(1, shape.channels, 0.5...1.5).enumerated().map {
            $0.offset.isMultiple(of: 4) ? -$0.element : $0.element
        }
    }
    private var shift: [Float] { values(2, shape.channels, -0.25...0.25) }

    /// Mean and inverse deviation of the untouched input, rounded.
    private var moments: (mean: [Float], inverse: [Float]) {
        let (raw, channels) = (rawInput, shape.channels)
        let pairs = (0..<channels).map { c in
            let column = stride(from: c, to: raw.count, by: channels).map { Double(raw[$0]) }
            let mean = column.reduce(0, +) / Double(rows)
            let variance = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(rows)
            return (Float(mean), Float(1 / (variance + 1e-5).squareRoot()))
        }
        return (pairs.map(\.0), pairs.map(\.1))
    }

    private var rawInput: [Float] { values(3, shape.count, (offset - 1)...(offset + 1)) }

    /// The input, moved away from the activation's kink if rounding could decide the side:
    /// no element's `ŷ` is nearer to 0 than four times the error it may have.
    func input() -> [Float] {
        let ((mean, inverse), scale, shift) = (moments, scale, shift)
        return rawInput.enumerated().map { index, raw in
            let c = index % shape.channels
            let slope = Double(scale[c] * inverse[c])
            var x = raw
            while true {
                let y = slope * (Double(x) - Double(mean[c])) + Double(shift[c])
                let magnitude =
                    abs(slope) * (abs(Double(x)) + abs(Double(mean[c]))) + abs(Double(shift[c]))
                if abs(y) > max(1e-3, 4 * Self.affineRoundings * magnitude) { return x }
                x += max(abs(x), 1) * 0x1p-9
            }
        }
    }

    func parameters() -> [Operand] {
        let channels: Shape = [shape.channels]
        return [
            .source("scale", channels, scale), .source("shift", channels, shift),
            .source("runningMean", channels), .source("runningVariance", channels, in: 0.5...1.5),
        ]
    }

    func statistics() -> [Operand] {
        let moments = moments
        return [
            .source("mean", [shape.channels], moments.mean),
            .source("inverseDeviation", [shape.channels], moments.inverse),
        ]
    }

    // MARK: Errors

    /// The error of `1/√(v + ε)`: half of the sum's rounding, a root and a division, and one to
    /// spare.
    static let inverseRootError =
        Rounding.squareRoot + Rounding.division + 2 * Rounding.unitRoundoff

    /// The error of `a·(x − mean)·inverse + b`, or of `a′·x + b′`: four roundings, relative to the
    /// terms.
    static let affineRoundings = 8 * Rounding.unitRoundoff

    /// The mean is a sum; the variance may have the error of Welford's updates (Chan, Golub &
    /// LeVeque 1983), `M·u·√(1 + mean²/variance)`, and that of the mean, squared.
    func statisticsBounds(_ data: CaseData) -> [String: [Double]] {
        var bounds: [String: [Double]] = [:]
        let (x, channels, count) = (data.before.input, shape.channels, Double(rows))
        for c in 0..<channels {
            let column = stride(from: c, to: x.count, by: channels).map { x[$0] }
            let mean = data.after.mean[c]
            let square = column.reduce(0) { $0 + $1 * $1 } / count
            let variance = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
            let meanError = Rounding.sum(
                of: rows + 1, magnitude: column.reduce(0) { $0 + abs($1) } / count)
            let varianceError =
                Rounding.sum(of: rows + 3, magnitude: (variance * square).squareRoot())
                + meanError * meanError
            let inverse = data.after.inverseDeviation[c]
            let unbiased = count / (count - 1)
            let (oldMean, oldVariance) = (
                abs(data.before.runningMean[c]), data.before.runningVariance[c]
            )
            bounds["mean", default: []].append(meanError)
            bounds["inverseDeviation", default: []].append(
                inverse * (varianceError * inverse * inverse / 2 + Self.inverseRootError))
            // m + momentum·(new − m), three roundings; the unbiased variance has two more.
            bounds["runningMean", default: []].append(
                0.1 * meanError + Rounding.sum(of: 3, magnitude: 1.1 * oldMean + 0.1 * abs(mean)))
            bounds["runningVariance", default: []].append(
                0.1 * unbiased * varianceError
                    + Rounding.sum(
                        of: 5, magnitude: 1.1 * oldVariance + 0.1 * unbiased * variance))
        }
        return bounds
    }

    func outputs(_ data: CaseData, input: [Double]) -> [Double] {
        input.indices.map { index in
            activation.value(
                Term(data, input[index], channel: index % shape.channels).affine)
        }
    }

    func outputBounds(_ data: CaseData, input: [Double]) -> [Double] {
        input.indices.map { index in
            let term = Term(data, input[index], channel: index % shape.channels)
            return term.affineError + activation.error(atOutput: activation.value(term.affine))
        }
    }

    /// One element's way through the batch norm.
    private struct Term {
        /// `scale · inverse`, `x̂`, the magnitude of x̂'s terms, `ŷ` and the magnitude of its terms.
        let slope, normalized, normalizedMagnitude, affine, affineMagnitude: Double

        init(_ data: CaseData, _ x: Double, channel c: Int) {
            let (before, inverse) = (data.before, data.before.inverseDeviation[c])
            slope = before.scale[c] * inverse
            normalized = (x - before.mean[c]) * inverse
            normalizedMagnitude = (abs(x) + abs(before.mean[c])) * inverse
            affine = before.scale[c] * normalized + before.shift[c]
            affineMagnitude = abs(before.scale[c]) * normalizedMagnitude + abs(before.shift[c])
        }

        var affineError: Double { affineRoundings * affineMagnitude + Rounding.underflow }

        /// The error of x̂: three roundings.
        var normalizedError: Double { 6 * Rounding.unitRoundoff * normalizedMagnitude }
    }

    /// The bounds of batch norm's gradients.
    ///
    /// With `s = activation′(ŷ)`, off by δs if it is curved, and `g` off by `gradientError`:
    /// - `dβ = Σ g·s`: a sum of M terms, and Σ of the terms' own errors;
    /// - `dγ = Σ g·s·x̂`: the same; x̂ counts with the magnitude of its terms, three roundings more;
    /// - `dx = scale·inverse·(g·s − (dβ + x̂·dγ)/M)`: the errors of all parts, and six roundings.
    ///
    /// - Parameters:
    ///   - gradientError: the error of every `outputGradient`, if that was computed too.
    ///   - windows: how many windows an element may be summed in.
    func gradientBounds(
        _ data: CaseData, input: [Double], outputGradient: [Double],
        gradientError: [Double]? = nil, windows: Int = 1
    ) -> (input: [Double], scale: [Double], shift: [Double]) {
        let (channels, count) = (shape.channels, Double(rows))
        var result = (
            input: [Double](repeating: 0, count: input.count), scale: [Double](),
            shift: [Double]()
        )
        for c in 0..<channels {
            let column = stride(from: c, to: input.count, by: channels).map { index in
                let term = Term(data, input[index], channel: c)
                let y = activation.value(term.affine)
                let (slope, slopeError) = activation.slope(at: y, inputError: term.affineError)
                let gradient = outputGradient[index]
                let error = abs(gradient) * slopeError + (gradientError?[index] ?? 0) * abs(slope)
                return (index: index, term: term, gradient: gradient * slope, error: error)
            }
            let (shift, scale) = (
                column.reduce(0) { $0 + $1.gradient },
                column.reduce(0) { $0 + $1.gradient * $1.term.normalized }
            )
            let shiftError =
                Rounding.sum(
                    of: rows * windows + 1, magnitude: column.reduce(0) { $0 + abs($1.gradient) })
                + column.reduce(0) { $0 + $1.error }
            let scaleError =
                Rounding.sum(
                    of: rows * windows + 4,
                    magnitude: column.reduce(0) {
                        $0 + abs($1.gradient) * $1.term.normalizedMagnitude
                    })
                + column.reduce(0) { $0 + $1.error * $1.term.normalizedMagnitude }
            result.shift.append(shiftError)
            result.scale.append(scaleError)
            for (index, term, gradient, error) in column {
                let means =
                    (shiftError + term.normalizedMagnitude * scaleError + term.normalizedError
                        * abs(scale))
                    / count
                let magnitude =
                    abs(gradient) + (abs(shift) + term.normalizedMagnitude * abs(scale)) / count
                result.input[index] =
                    abs(term.slope)
                    * (error + means + Rounding.sum(of: 6, magnitude: magnitude))
            }
        }
        return result
    }
}

extension Activation {
    func value(_ x: Double) -> Double {
        switch self {
        case .identity: x
        case .leakyReLU(let slope): x > 0 ? x : Double(slope) * x
        case .tanh: Foundation.tanh(x)
        }
    }

    /// The derivative at the output `y`, and its error if the input's is `inputError`:
    /// `1 − y²` changes by at most `2|y|·δy`. Inputs stay away from the kink of the leaky ReLU.
    fileprivate func slope(at y: Double, inputError: Double) -> (value: Double, error: Double) {
        switch self {
        case .identity: (1, 0)
        case .leakyReLU(let slope): (y > 0 ? 1 : Double(slope), 0)
        case .tanh:
            (
                1 - y * y,
                2 * abs(y) * (inputError + error(atOutput: y)) + 4 * Rounding.unitRoundoff
            )
        }
    }
}

extension OperationCatalog {
    static func batchNormProblems(_ size: Size) -> [BatchNormProblem] {
        let small =
            activations.map { BatchNormProblem(shape: [2, 3, 3, 3], activation: $0) } + [
                BatchNormProblem(shape: [9, 9], activation: .leakyReLU(slope: 0.01)),
                BatchNormProblem(shape: [3, 3, 1, 1], activation: .identity, offset: 16),
            ]
        guard size == .full else { return small }
        let edges = extents(size).flatMap { extent in
            [
                BatchNormProblem(shape: [7, extent], activation: .leakyReLU(slope: 0.01)),
                BatchNormProblem(
                    shape: [extent + 1, 1, 1, 17], activation: .leakyReLU(slope: 0.01)),
            ]
        }
        let shapes: [Shape] = [[4, 14, 14, 32], [2, 16, 16, 65], [128, 512], [2, 28, 28, 33]]
        let many = shapes.flatMap { shape in
            activations.map { BatchNormProblem(shape: shape, activation: $0) } + [
                BatchNormProblem(shape: shape, activation: .leakyReLU(slope: 0.01), offset: 16)
            ]
        }
        return small + edges + many
    }
}
