import Randomness
import Tensors

extension OperationCatalog {
    /// Every fused operation, and the same from a backend's primitives.
    static func localLoss(_ size: Size) -> [OperationCase] {
        [false, true].flatMap { composed in
            synchronizationShapes(size).flatMap { shape in
                CrossEntropyKind.all(size).map {
                    synchronizationLoss(shape, $0, composed: composed)
                }
            }
                + pooledProblems(size).flatMap { problem in
                    [batchNormPool(problem, composed: composed)]
                        + maxPools(problem, size).flatMap { maxPool in
                            [false, true].map {
                                batchNormPool(
                                    problem, maxPool: maxPool, hasNaN: $0, composed: composed)
                            }
                        }
                        + [false, true].map {
                            batchNormPoolGradient(problem, inPlace: $0, composed: composed)
                        }
                }
        }
    }

    private struct SynchronizationShape: Sendable {
        let batch, features, classes: Int
    }

    private static func synchronizationLoss(
        _ shape: SynchronizationShape, _ kind: CrossEntropyKind, composed: Bool
    ) -> OperationCase {
        let (batch, features, classes) = (shape.batch, shape.features, shape.classes)
        return OperationCase(
            "local loss/synchronization loss\(composed ? ", composed" : "")",
            "[\(batch), \(features)], \(classes) classes, \(kind.summary)"
        ) {
            [
                .source("pooled", [batch, features], pooledActivations(batch, features)),
                .source("basis", [classes, features]),
                .result("pooledGradient", [batch, features]), .updated("total", [1]),
            ] + kind.targets(batch, below: classes)
        } body: { backend, t in
            if composed {
                try backend.composedSynchronizationLoss(
                    t.pooled, basis: t.basis, kind.targets(t), kind.options,
                    into: t.pooledGradient, addingLossTo: t.total)
            } else {
                try backend.synchronizationLoss(
                    t.pooled, basis: t.basis, kind.targets(t), kind.options,
                    into: t.pooledGradient, addingLossTo: t.total)
            }
        } bounds: { data in
            let error = SynchronizationError(
                pooled: data.before.pooled.chunked(features),
                basis: data.before.basis.chunked(features),
                gradient: data.after.pooledGradient.chunked(features)
            ) { kind.error($0, data.before, logitErrors: $1) }
            return [
                "pooledGradient": error.gradient,
                "total": [error.loss.loss(addedTo: data.before.total[0])],
            ]
        }
    }

    /// Mostly positive, as after a leaky ReLU; of more than two rows one is dead.
    private static func pooledActivations(_ batch: Int, _ features: Int) -> [Float] {
        let random = RandomSource(seed: 0, stream: "pooled [\(batch), \(features)]")
        return (0..<batch * features).map { index in
            batch > 2 && index / features == 1 ? 0 : 1.1 * random.uniform(index) - 0.1
        }
    }

    /// - Parameter hasNaN: whether every seventh element is NaN, which must come through both pools.
    private static func batchNormPool(
        _ problem: PooledProblem, maxPool: MaxPoolGeometry? = nil, hasNaN: Bool = false,
        composed: Bool
    ) -> OperationCase {
        OperationCase(
            "local loss/batch norm and pool\(composed ? ", composed" : "")",
            problem.summary + (maxPool.map { ", largest of \($0.window)×\($0.window)" } ?? "")
                + (hasNaN ? ", NaN" : "")
        ) {
            let input = problem.norm.input().enumerated().map { index, value in
                hasNaN && index % 7 == 3 ? Float.nan : value
            }
            return problem.norm.parameters() + problem.norm.statistics() + [
                .source("input", problem.norm.shape, input),
                .result("output", maxPool?.outputShape ?? problem.norm.shape),
                .result("pooled", problem.pool.outputShape),
                .workspace("windowSums", problem.windowSumsShape),
            ]
        } body: { backend, t in
            if composed {
                try backend.composedBatchNormPool(
                    t.input, t.batchNormParameters, t.batchStatistics, problem.norm.activation,
                    problem.pool, maxPool: maxPool, into: t.output, pooled: t.pooled)
            } else {
                try backend.batchNormPool(
                    t.input, t.batchNormParameters, t.batchStatistics, problem.norm.activation,
                    problem.pool, maxPool: maxPool, into: t.output, pooled: t.pooled,
                    windowSums: t.windowSums)
            }
        } bounds: { data in
            let input = data.before.input
            let activation = problem.norm.outputBounds(data, input: input)
            let pooled = zip(
                try problem.averages(of: activation),
                try problem.averages(of: problem.norm.outputs(data, input: input).map(abs))
            ).map { error, magnitude in
                error + Rounding.sum(of: problem.pool.largestWindow + 2, magnitude: magnitude)
            }
            // A largest element is off by no more than the worst of its window.
            let output = try maxPool.map { try problem.largest(of: activation, $0) } ?? activation
            return ["output": output, "pooled": pooled]
        }
    }

    /// The max pools that may follow such a block: 2×2, as networks have it, and another window.
    private static func maxPools(_ problem: PooledProblem, _ size: Size) -> [MaxPoolGeometry] {
        let shape = problem.norm.shape
        guard shape.rank == 4 else { return [] }
        return (size == .full ? [2, 3] : [2]).filter { min(shape[1], shape[2]) >= $0 }.map {
            MaxPoolGeometry(
                batch: shape[0], height: shape[1], width: shape[2], channels: shape[3], window: $0,
                stride: $0)
        }
    }

    /// The gradient after the forward pass that leaves the window sums for it.
    private static func batchNormPoolGradient(
        _ problem: PooledProblem, inPlace: Bool, composed: Bool
    )
        -> OperationCase
    {
        let channels: Shape = [problem.norm.shape.channels]
        return OperationCase(
            "local loss/batch norm and pool gradient\(composed ? ", composed" : "")",
            problem.summary + (inPlace ? " into input" : "")
        ) {
            problem.norm.parameters() + problem.norm.statistics() + [
                inPlace
                    ? .updated("input", problem.norm.shape, problem.norm.input())
                    : .source("input", problem.norm.shape, problem.norm.input()),
                .source("pooledGradient", problem.pool.outputShape),
                .workspace("output", problem.norm.shape),
                .workspace("pooled", problem.pool.outputShape),
                .workspace("windowSums", problem.windowSumsShape),
                .result("scaleGradient", channels), .result("shiftGradient", channels),
            ] + (inPlace ? [] : [.result("inputGradient", problem.norm.shape)])
        } body: { backend, t in
            let destination = inPlace ? t.input : t.inputGradient
            if composed {
                try backend.composedBatchNormPoolGradient(
                    of: t.pooledGradient, input: t.input, t.batchNormParameters, t.batchStatistics,
                    problem.norm.activation, problem.pool, into: destination,
                    scaleGradient: t.scaleGradient, shiftGradient: t.shiftGradient)
            } else {
                try backend.batchNormPool(
                    t.input, t.batchNormParameters, t.batchStatistics, problem.norm.activation,
                    problem.pool, maxPool: nil, into: t.output, pooled: t.pooled,
                    windowSums: t.windowSums)
                try backend.batchNormPoolGradient(
                    of: t.pooledGradient, input: t.input, windowSums: t.windowSums,
                    t.batchNormParameters, t.batchStatistics, problem.norm.activation, problem.pool,
                    into: destination, scaleGradient: t.scaleGradient,
                    shiftGradient: t.shiftGradient)
            }
        } bounds: { data in
            let (gradient, magnitude) = try problem.spread(data.before.pooledGradient)
            let windows = problem.pool.mostWindowsOfAnElement
            let bounds = problem.norm.gradientBounds(
                data, input: data.before.input, outputGradient: gradient,
                gradientError: magnitude.map { Rounding.sum(of: windows + 2, magnitude: $0) },
                windows: windows)
            return [
                inPlace ? "input" : "inputGradient": bounds.input, "scaleGradient": bounds.scale,
                "shiftGradient": bounds.shift,
            ]
        }
    }

    private static func synchronizationShapes(_ size: Size) -> [SynchronizationShape] {
        let small = [(1, 1, 2), (3, 9, 10)]
        let full = [
            (1, 512, 10), (5, 17, 2), (7, 31, 33), (8, 32, 32), (9, 33, 31), (16, 64, 65),
            (17, 127, 10), (33, 129, 100), (64, 512, 10), (128, 512, 100), (31, 1024, 200),
            (3, 2048, 10),
        ]
        return (size == .full ? small + full : small).map {
            SynchronizationShape(batch: $0, features: $1, classes: $2)
        }
    }

    private static func pooledProblems(_ size: Size) -> [PooledProblem] {
        averagePools(size).flatMap { pool in
            let kinds: [(Activation, Float)] =
                size == .small || pool.inputShape.count > 30_000
                ? [(.leakyReLU(slope: 0.01), 0)]
                : [(.leakyReLU(slope: 0.01), 0), (.tanh, 0), (.leakyReLU(slope: 0.01), 16)]
            return kinds.map { activation, offset in
                PooledProblem(
                    norm: BatchNormProblem(
                        shape: pool.inputShape, activation: activation, offset: offset),
                    pool: pool)
            }
        }
    }
}
