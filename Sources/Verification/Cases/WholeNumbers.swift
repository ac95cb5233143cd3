import Tensors

/// Long sums of small whole numbers.
///
/// The bounds of rounding errors grow with the length of a sum while the share of one term shrinks:
/// beyond 2,896 terms, `√(1/2u)`, a lost one hides in them. Sums of whole numbers below 2²⁴ are exact
/// in any order, so here nothing at all may differ, however long they are: these cases have as many
/// terms as real steps, 131,072 pixels (a batch of 128 images of 32×32).
///
/// Winograd's F(2×2) is exact on them too: its transforms only add, and multiply by powers of two.
/// F(4×4) is not, for it multiplies by 1/6, 1/12 and 1/24, which no float holds; it stays with the
/// bounds of ``WinogradError``.
extension OperationCatalog {
    static func wholeNumbers(_ size: Size) -> [OperationCase] {
        guard size == .full else { return [] }
        return products + convolutions + columnSums + pools + [impulses]
    }

    private static let bound = 8
    private static let pixels = 128 * 32 * 32

    private static func label(_ detail: String) -> String { "\(detail), whole numbers" }

    // MARK: Products

    /// A transposed left factor sums over the pixels of a batch; otherwise over features.
    private static var products: [OperationCase] {
        [(3, 5, true, false), (3, 4, true, true), (17, 9, false, false), (9, 33, false, true)].map {
            m, n, left, right in
            let k = left ? pixels : 16_381
            return OperationCase(
                "matrix/multiply",
                label("\(m)×\(k)\(left ? "ᵀ" : "") · \(k)×\(n)\(right ? "ᵀ" : "") + bias")
            ) {
                [
                    .source("left", left ? [k, m] : [m, k], whole: bound),
                    .source("right", right ? [n, k] : [k, n], whole: bound),
                    .source("bias", [n], whole: bound), .result("output", [m, n]),
                ]
            } body: { backend, t in
                try backend.multiply(
                    MatrixFactor(t.left, isTransposed: left),
                    MatrixFactor(t.right, isTransposed: right), bias: t.bias, into: t.output)
            } bounds: { data in
                ["output": data.exactly("output")]
            }
        }
    }

    // MARK: Convolutions

    private static var convolutions: [OperationCase] {
        typealias G = ConvolutionGeometry
        let batch = { (inputs: Int, outputs: Int, kernel: Int, groups: Int) in
            G(
                batch: 128, height: 32, width: 32, inputChannels: inputs, outputChannels: outputs,
                kernelHeight: kernel, kernelWidth: kernel, padding: kernel / 2, groups: groups)
        }
        // Few channels are copied with their padding first, more are read in place.
        let weightGradients = [
            (batch(1, 3, 3, 1), ConvolutionAlgorithm.direct, bound),
            (batch(6, 2, 3, 1), .direct, bound), (batch(4, 3, 1, 1), .direct, bound),
            (batch(4, 4, 3, 2), .direct, bound), (batch(3, 3, 3, 3), .direct, bound),
            // Transformed ones reach 16, their sums 2¹⁹, and the last transform makes 16 of a unit.
            (batch(2, 3, 3, 1), .winograd2, 1),
        ]
        let deep = { (inputs: Int, outputs: Int, extent: Int) in
            G(
                batch: 2, height: extent, width: extent + 1, inputChannels: inputs,
                outputChannels: outputs)
        }
        return weightGradients.map { weightGradient($0, $1, whole: $2) } + [
            forward(deep(1024, 17, 3), .direct), inputGradient(deep(17, 1024, 3), .direct),
            forward(deep(1000, 5, 2), .direct), inputGradient(deep(5, 1000, 2), .direct),
            // Transformed samples reach 32 and filters 18, in quarters; 9 sums of 256 are below 2²⁴.
            forward(deep(256, 33, 4), .winograd2), inputGradient(deep(33, 256, 4), .winograd2),
        ]
    }

    private static func summary(
        _ geometry: ConvolutionGeometry, _ algorithm: ConvolutionAlgorithm
    ) -> String { label("\(geometry.summary), \(algorithm.rawValue)") }

    private static func forward(
        _ geometry: ConvolutionGeometry, _ algorithm: ConvolutionAlgorithm
    ) -> OperationCase {
        OperationCase("convolution/forward", summary(geometry, algorithm)) {
            [
                .source("input", geometry.inputShape, whole: bound),
                .source("weights", geometry.weightShape, whole: bound),
                .source("bias", [geometry.outputChannels], whole: bound),
                .result("output", geometry.outputShape),
            ]
        } body: { backend, t in
            try backend.withConvolutionAlgorithm(algorithm) {
                try backend.convolve(t.input, t.weights, bias: t.bias, geometry, into: t.output)
            }
        } bounds: { data in
            ["output": data.exactly("output")]
        }
    }

    private static func weightGradient(
        _ geometry: ConvolutionGeometry, _ algorithm: ConvolutionAlgorithm, whole bound: Int
    ) -> OperationCase {
        OperationCase("convolution/weight gradient", summary(geometry, algorithm)) {
            [
                .source("input", geometry.inputShape, whole: bound),
                .source("outputGradient", geometry.outputShape, whole: bound),
                .result("weightGradient", geometry.weightShape),
            ]
        } body: { backend, t in
            try backend.withConvolutionAlgorithm(algorithm) {
                try backend.convolutionWeightGradient(
                    t.input, of: t.outputGradient, geometry, into: t.weightGradient)
            }
        } bounds: { data in
            ["weightGradient": data.exactly("weightGradient")]
        }
    }

    private static func inputGradient(
        _ geometry: ConvolutionGeometry, _ algorithm: ConvolutionAlgorithm
    ) -> OperationCase {
        OperationCase("convolution/input gradient", summary(geometry, algorithm)) {
            [
                .source("outputGradient", geometry.outputShape, whole: bound),
                .source("weights", geometry.weightShape, whole: bound),
                .result("inputGradient", geometry.inputShape),
            ]
        } body: { backend, t in
            try backend.withConvolutionAlgorithm(algorithm) {
                try backend.convolutionInputGradient(
                    of: t.outputGradient, t.weights, geometry, into: t.inputGradient)
            }
        } bounds: { data in
            ["inputGradient": data.exactly("inputGradient")]
        }
    }

    // MARK: Columns

    private static var columnSums: [OperationCase] {
        let shapes: [Shape] = [[128, 32, 32, 3], [pixels, 4]]
        return shapes.flatMap { shape in
            [
                OperationCase("elementwise/sum rows", label("\(shape)")) {
                    [.source("input", shape, whole: bound), .result("output", [shape.channels])]
                } body: { backend, t in
                    try backend.sumRows(t.input, into: t.output)
                } bounds: { data in
                    ["output": data.exactly("output")]
                }
            ]
        } + [rowProducts([pixels, 3])] + shapes.map(batchNormGradient)
    }

    private static func rowProducts(_ shape: Shape) -> OperationCase {
        OperationCase("elementwise/sum row products", label("\(shape)")) {
            [
                .source("left", shape, whole: bound), .source("right", shape, whole: bound),
                .result("output", [shape.channels]),
            ]
        } body: { backend, t in
            try backend.sumRowProducts(t.left, t.right, into: t.output)
        } bounds: { data in
            ["output": data.exactly("output")]
        }
    }

    /// With a mean of 0 and a deviation of 1 the gradients of scale and shift are sums of products
    /// and of whole numbers. That of the input follows from them by six roundings.
    private static func batchNormGradient(_ shape: Shape) -> OperationCase {
        let channels = shape.channels
        return OperationCase("normalization/batch norm gradient", label("\(shape) identity")) {
            unitNorm(channels) + [
                .source("input", shape, whole: bound),
                .source("outputGradient", shape, whole: bound),
                .result("inputGradient", shape), .result("scaleGradient", [channels]),
                .result("shiftGradient", [channels]),
            ]
        } body: { backend, t in
            try backend.batchNormGradient(
                of: t.outputGradient, input: t.input, t.batchNormParameters, t.batchStatistics,
                .identity, into: t.inputGradient, scaleGradient: t.scaleGradient,
                shiftGradient: t.shiftGradient)
        } bounds: { data in
            let rows = Double(shape.rows)
            let (scale, shift) = (data.after.scaleGradient, data.after.shiftGradient)
            let magnitudes = data.before.input.indices.map { index in
                let (x, g) = (data.before.input[index], data.before.outputGradient[index])
                return abs(g) + (abs(shift[index % channels]) + abs(x * scale[index % channels]))
                    / rows
            }
            return [
                "inputGradient": magnitudes.map { Rounding.sum(of: 6, magnitude: $0) },
                "scaleGradient": data.exactly("scaleGradient"),
                "shiftGradient": data.exactly("shiftGradient"),
            ]
        }
    }

    /// Scale 1, shift 0, mean 0 and deviation 1, so that a batch norm changes nothing.
    private static func unitNorm(_ channels: Int) -> [Operand] {
        let (ones, zeros) = (
            [Float](repeating: 1, count: channels), [Float](repeating: 0, count: channels)
        )
        return [
            .source("scale", [channels], ones), .source("shift", [channels], zeros),
            .source("runningMean", [channels], zeros), .source("runningVariance", [channels], ones),
            .source("mean", [channels], zeros), .source("inverseDeviation", [channels], ones),
        ]
    }

    // MARK: Pools

    /// One window of 131,072 pixels: its sum is exact, and only the division rounds.
    private static var pools: [OperationCase] {
        let pool = AveragePoolGeometry(inputShape: [1, 256, 512, 3], size: 1)
        return [
            OperationCase("pooling/average pool", label(pool.summary)) {
                [
                    .source("input", pool.inputShape, whole: bound),
                    .result("output", pool.outputShape),
                ]
            } body: { backend, t in
                try backend.averagePool(t.input, pool, into: t.output)
            } bounds: { data in
                ["output": data.after.output.map { abs($0) * Rounding.division }]
            },
            batchNormPoolGradient(AveragePoolGeometry(inputShape: [128, 32, 32, 2], size: 4)),
        ]
    }

    /// Gradients of whole windows are whole numbers if those of the pool are multiples of 64.
    private static func batchNormPoolGradient(_ pool: AveragePoolGeometry) -> OperationCase {
        let (shape, channels) = (pool.inputShape, pool.channels)
        let area = pool.largestWindow
        return OperationCase(
            "local loss/batch norm and pool gradient",
            label("\(shape) identity, pool to \(pool.size)")
        ) {
            let gradient = Operand.source("", pool.outputShape, whole: 4).bits(key: "pooled")
            return unitNorm(channels) + [
                .source("input", shape, whole: bound),
                .source(
                    "pooledGradient", pool.outputShape,
                    gradient.map { Float(area) * Float(bitPattern: $0) }),
                .workspace("output", shape), .workspace("pooled", pool.outputShape),
                .workspace("windowSums", [2, pool.batch, pool.features]),
                .workspace("inputGradient", shape), .result("scaleGradient", [channels]),
                .result("shiftGradient", [channels]),
            ]
        } body: { backend, t in
            try backend.batchNormPool(
                t.input, t.batchNormParameters, t.batchStatistics, .identity, pool, maxPool: nil,
                into: t.output, pooled: t.pooled, windowSums: t.windowSums)
            try backend.batchNormPoolGradient(
                of: t.pooledGradient, input: t.input, windowSums: t.windowSums,
                t.batchNormParameters, t.batchStatistics, .identity, pool, into: t.inputGradient,
                scaleGradient: t.scaleGradient, shiftGradient: t.shiftGradient)
        } bounds: { data in
            [
                "scaleGradient": data.exactly("scaleGradient"),
                "shiftGradient": data.exactly("shiftGradient"),
            ]
        }
    }

    // MARK: Statistics

    /// Moments are no sums of whole numbers: each is divided before the next is merged with it. One
    /// number among zeros, in another row of every channel, is all of the mean and of the variance,
    /// so a row that is lost is not a small part of them.
    private static var impulses: OperationCase {
        let rows = [0, 1, 63, 4096, 65_535, 100_003, pixels - 2, pixels - 1]
        let problem = BatchNormProblem(shape: [pixels, rows.count], activation: .identity)
        return batchStatistics(problem, summary: label("\(problem.shape) impulses")) {
            var input = [Float](repeating: 0, count: problem.shape.count)
            for (channel, row) in rows.enumerated() {
                input[row * rows.count + channel] = Float(1 << 16)
            }
            return input
        }
    }
}
