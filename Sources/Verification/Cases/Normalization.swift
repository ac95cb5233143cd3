import Randomness
import Tensors

extension OperationCatalog {
    static func normalization(_ size: Size) -> [OperationCase] {
        batchNormProblems(size).flatMap { problem in
            (problem.rows > 1 ? [batchStatistics(problem)] : [])
                + [false, true].map { batchNorm(problem, inPlace: $0) }
                + BatchNormProblem.GradientDestination.allCases.map {
                    batchNormGradient(problem, into: $0)
                }
        } + extents(size).map { runningStatistics(channels: $0) }
            + rowShapes(size).flatMap { [normalizeRows($0), normalizeRowsGradient($0)] }
    }

    /// - Parameter input: other values than the problem's own, and `summary` another name for them.
    static func batchStatistics(
        _ problem: BatchNormProblem, summary: String? = nil,
        of input: (@Sendable () -> [Float])? = nil
    ) -> OperationCase {
        let channels: Shape = [problem.shape.channels]
        return OperationCase("normalization/batch statistics", summary ?? problem.summary) {
            [
                .source("input", problem.shape, input?() ?? problem.input()),
                .source("scale", channels), .source("shift", channels),
                .updated("runningMean", channels),
                .updated("runningVariance", channels, in: 0.5...1.5),
                .result("mean", channels), .result("inverseDeviation", channels),
            ]
        } body: { backend, t in
            try backend.batchStatistics(
                of: t.input, updating: t.batchNormParameters, into: t.batchStatistics)
        } bounds: {
            problem.statisticsBounds($0)
        }
    }

    private static func runningStatistics(channels: Int) -> OperationCase {
        OperationCase("normalization/running statistics", "\(channels)") {
            [
                .source("scale", [channels]), .source("shift", [channels]),
                .source("runningMean", [channels]),
                .source("runningVariance", [channels], in: 0...2),
                .result("mean", [channels]), .result("inverseDeviation", [channels]),
            ]
        } body: { backend, t in
            try backend.runningStatistics(of: t.batchNormParameters, into: t.batchStatistics)
        } bounds: { data in
            [
                "mean": data.exactly("mean"),
                "inverseDeviation": data.after.inverseDeviation.map {
                    $0 * BatchNormProblem.inverseRootError
                },
            ]
        }
    }

    private static func batchNorm(_ problem: BatchNormProblem, inPlace: Bool) -> OperationCase {
        OperationCase("normalization/batch norm", problem.summary + (inPlace ? " in place" : "")) {
            problem.parameters() + problem.statistics()
                + (inPlace
                    ? [.updated("output", problem.shape, problem.input())]
                    : [
                        .source("input", problem.shape, problem.input()),
                        .result("output", problem.shape),
                    ])
        } body: { backend, t in
            try backend.batchNorm(
                inPlace ? t.output : t.input, t.batchNormParameters, t.batchStatistics,
                problem.activation, into: t.output)
        } bounds: { data in
            let input = inPlace ? data.before.output : data.before.input
            return ["output": problem.outputBounds(data, input: input)]
        }
    }

    private static func batchNormGradient(
        _ problem: BatchNormProblem, into destination: BatchNormProblem.GradientDestination
    ) -> OperationCase {
        let channels: Shape = [problem.shape.channels]
        return OperationCase(
            "normalization/batch norm gradient", problem.summary + destination.rawValue
        ) {
            var operands: [Operand] =
                problem.parameters() + problem.statistics()
                + [.result("scaleGradient", channels), .result("shiftGradient", channels)]
            operands.append(
                destination == .input
                    ? .updated("input", problem.shape, problem.input())
                    : .source("input", problem.shape, problem.input()))
            operands.append(
                destination == .outputGradient
                    ? .updated("outputGradient", problem.shape)
                    : .source("outputGradient", problem.shape))
            if destination == .apart { operands.append(.result("inputGradient", problem.shape)) }
            return operands
        } body: { backend, t in
            try backend.batchNormGradient(
                of: t.outputGradient, input: t.input, t.batchNormParameters, t.batchStatistics,
                problem.activation, into: t[destination.operand], scaleGradient: t.scaleGradient,
                shiftGradient: t.shiftGradient)
        } bounds: { data in
            let bounds = problem.gradientBounds(
                data, input: data.before.input,
                outputGradient: data.before.outputGradient)
            return [
                destination.operand: bounds.input, "scaleGradient": bounds.scale,
                "shiftGradient": bounds.shift,
            ]
        }
    }

    private static func normalizeRows(_ shape: Shape) -> OperationCase {
        OperationCase("normalization/normalize rows", "\(shape)") {
            [
                .source("input", shape, rowInput(shape)), .result("output", shape),
                .result("norms", [shape[0]]),
            ]
        } body: { backend, t in
            try backend.normalizeRows(t.input, into: t.output, norms: t.norms)
        } bounds: { data in
            let error = RowNormError(features: shape[1])
            return [
                "norms": data.after.norms.map { $0 * error.norm },
                "output": data.after.output.map { abs($0) * error.unit + Rounding.underflow },
            ]
        }
    }

    private static func normalizeRowsGradient(_ shape: Shape) -> OperationCase {
        OperationCase("normalization/normalize rows gradient", "\(shape)") {
            let rows = rowInput(shape).chunked(shape[1])
            let norms = rows.map { row in
                max(row.reduce(0) { $0 + $1 * $1 }.squareRoot(), 1e-12)
            }
            return [
                .source("outputGradient", shape),
                .source("output", shape, zip(rows, norms).flatMap { row, n in row.map { $0 / n } }),
                .source("norms", [shape[0]], norms),
                .result("inputGradient", shape),
            ]
        } body: { backend, t in
            try backend.normalizeRowsGradient(
                of: t.outputGradient, output: t.output, norms: t.norms, into: t.inputGradient)
        } bounds: { data in
            let rows = zip(
                zip(
                    data.before.outputGradient.chunked(shape[1]),
                    data.before.output.chunked(shape[1])), data.before.norms)
            // (g − u·(g·u)) / norm: the dot product's error, two roundings and a division.
            let bounds = rows.flatMap { operands, norm in
                let (g, u) = operands
                let along = zip(g, u).reduce(0) { $0 + abs($1.0 * $1.1) }
                let dot = Rounding.sum(of: shape[1], magnitude: along)
                return zip(g, u).map { g, u in
                    (abs(u) * dot
                        + (2 * Rounding.unitRoundoff + 2 * Rounding.division)
                            * (abs(g) + abs(u) * along))
                        / norm + Rounding.underflow
                }
            }
            return ["inputGradient": bounds]
        }
    }

    /// Rows of which one is zero: its norm is at its bound.
    private static func rowInput(_ shape: Shape) -> [Float] {
        let random = RandomSource(seed: 0, stream: "rows \(shape)")
        return (0..<shape.count).map { index in
            shape[0] > 2 && index / shape[1] == 1 ? 0 : 2 * random.uniform(index) - 1
        }
    }

    private static func rowShapes(_ size: Size) -> [Shape] {
        let extents = extents(size)
        return extents.map { [5, $0] } + extents.map { [$0, 19] }
            + (size == .full ? [[128, 512], [64, 1024], [3, 2048]] : [])
    }
}

/// The relative errors of a row's norm and of its unit vector.
struct RowNormError {
    /// Half of the error of the sum of squares, and the root's.
    let norm: Double
    /// That and the division's.
    let unit: Double

    init(features: Int) {
        norm = Double(features + 2) * Rounding.unitRoundoff + Rounding.squareRoot
        unit = norm + Rounding.division + 2 * Rounding.unitRoundoff
    }
}

extension Array {
    /// The elements in rows of `length`.
    func chunked(_ length: Int) -> [[Element]] {
        stride(from: 0, to: count, by: length).map { Array(self[$0..<($0 + length)]) }
    }
}

extension NamedOperands<Tensor> {
    var batchNormParameters: BatchNormParameters {
        BatchNormParameters(
            scale: self.scale, shift: self.shift, runningMean: self.runningMean,
            runningVariance: self.runningVariance)
    }

    var batchStatistics: BatchStatistics {
        BatchStatistics(mean: self.mean, inverseDeviation: self.inverseDeviation)
    }
}
