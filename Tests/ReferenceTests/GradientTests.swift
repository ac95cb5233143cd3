import ReferenceBackend
import Tensors
import TestSupport
import Testing

/// Every gradient of the contract against central differences, in Double on the reference.
///
/// A scalar `Σ w·output` with random w has w as its output's gradient. Deviations are about 1e-9,
/// the difference quotient's own; 1e-6 is far above that and far below any mistake.
struct GradientTests {
    static let allowed = 1e-6

    @Test func aWrongGradientIsSeen() {
        func squares(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 } }
        #expect(gradientDeviation([2, -4], at: [1, -2], of: squares) < Self.allowed)
        #expect(gradientDeviation([2, -4.0001], at: [1, -2], of: squares) > Self.allowed)
        #expect(gradientDeviation([.nan, -4], at: [1, -2], of: squares).isNaN)
    }

    static let convolutions = [
        ConvolutionGeometry(batch: 2, height: 4, width: 5, inputChannels: 3, outputChannels: 4),
        ConvolutionGeometry(
            batch: 1, height: 5, width: 6, inputChannels: 2, outputChannels: 3, stride: 2,
            padding: 2),
        ConvolutionGeometry(
            batch: 1, height: 6, width: 5, inputChannels: 2, outputChannels: 2, kernelHeight: 5,
            kernelWidth: 3, padding: 0),
        ConvolutionGeometry(
            batch: 2, height: 3, width: 4, inputChannels: 4, outputChannels: 6, groups: 2),
        ConvolutionGeometry(
            batch: 1, height: 5, width: 5, inputChannels: 3, outputChannels: 3, stride: 2,
            padding: 1, groups: 3),
    ]

    @Test(arguments: convolutions)
    func convolution(geometry: ConvolutionGeometry) throws {
        let backend = ReferenceBackend()
        let x = randomValues("input", geometry.inputShape.count)
        let w = randomValues("weights", geometry.weightShape.count)
        let b = randomValues("bias", geometry.outputChannels)
        let g = randomValues("gradient", geometry.outputShape.count)
        let outputGradient = try backend.makeTensor(geometry.outputShape, doubles: g)

        func loss(_ x: [Double], _ w: [Double], _ b: [Double]) throws -> Double {
            let output = try backend.makeTensor(geometry.outputShape)
            try backend.convolve(
                backend.makeTensor(geometry.inputShape, doubles: x),
                backend.makeTensor(geometry.weightShape, doubles: w),
                bias: backend.makeTensor([geometry.outputChannels], doubles: b), geometry,
                into: output)
            return weighted(backend.readDoubles(output), by: g)
        }
        let inputGradient = try backend.makeTensor(geometry.inputShape)
        try backend.convolutionInputGradient(
            of: outputGradient, backend.makeTensor(geometry.weightShape, doubles: w), geometry,
            into: inputGradient)
        let weightGradient = try backend.makeTensor(geometry.weightShape)
        try backend.convolutionWeightGradient(
            backend.makeTensor(geometry.inputShape, doubles: x), of: outputGradient, geometry,
            into: weightGradient)
        let biasGradient = try backend.makeTensor([geometry.outputChannels])
        try backend.sumRows(outputGradient, into: biasGradient)

        #expect(
            try gradientDeviation(backend.readDoubles(inputGradient), at: x) {
                try loss($0, w, b)
            } < Self.allowed)
        #expect(
            try gradientDeviation(backend.readDoubles(weightGradient), at: w) {
                try loss(x, $0, b)
            } < Self.allowed)
        #expect(
            try gradientDeviation(backend.readDoubles(biasGradient), at: b) {
                try loss(x, w, $0)
            } < Self.allowed)
    }

    @Test(arguments: [false, true], [false, true])
    func product(leftTransposed: Bool, rightTransposed: Bool) throws {
        let backend = ReferenceBackend()
        let (m, k, n) = (3, 4, 5)
        let leftShape: Shape = leftTransposed ? [k, m] : [m, k]
        let rightShape: Shape = rightTransposed ? [n, k] : [k, n]
        let (a, b) = (randomValues("left", m * k), randomValues("right", k * n))
        let g = randomValues("gradient", m * n)
        func loss(_ a: [Double], _ b: [Double]) throws -> Double {
            let output = try backend.makeTensor([m, n])
            try backend.multiply(
                MatrixFactor(
                    backend.makeTensor(leftShape, doubles: a), isTransposed: leftTransposed),
                MatrixFactor(
                    backend.makeTensor(rightShape, doubles: b), isTransposed: rightTransposed),
                into: output)
            return weighted(backend.readDoubles(output), by: g)
        }
        let (left, right, gradient) = (
            try backend.makeTensor(leftShape, doubles: a),
            try backend.makeTensor(rightShape, doubles: b),
            try backend.makeTensor([m, n], doubles: g)
        )
        // Of A·B: G·Bᵀ and Aᵀ·G; the transposes of these where a factor is a transpose.
        let (leftGradient, rightGradient) = (
            try backend.makeTensor(leftShape), try backend.makeTensor(rightShape)
        )
        let rightFactor = MatrixFactor(right, isTransposed: !rightTransposed)
        if leftTransposed {
            try backend.multiply(
                MatrixFactor(right, isTransposed: rightTransposed), gradient.transposed,
                into: leftGradient)
        } else {
            try backend.multiply(gradient.matrix, rightFactor, into: leftGradient)
        }
        if rightTransposed {
            try backend.multiply(
                gradient.transposed, MatrixFactor(left, isTransposed: leftTransposed),
                into: rightGradient)
        } else {
            try backend.multiply(
                MatrixFactor(left, isTransposed: !leftTransposed), gradient.matrix,
                into: rightGradient)
        }
        #expect(
            try gradientDeviation(backend.readDoubles(leftGradient), at: a) { try loss($0, b) }
                < Self.allowed)
        #expect(
            try gradientDeviation(backend.readDoubles(rightGradient), at: b) { try loss(a, $0) }
                < Self.allowed)
    }

    @Test(arguments: [Activation.identity, .leakyReLU(slope: 0.01), .tanh])
    func activation(activation: Activation) throws {
        let backend = ReferenceBackend()
        // No value within a step of the kink.
        let x = randomValues("input", 20).map { $0 + ($0 < 0 ? -0.01 : 0.01) }
        let g = randomValues("gradient", 20)
        func output(_ x: [Double]) throws -> Tensor {
            let output = try backend.makeTensor([20])
            try backend.activate(
                backend.makeTensor([20], doubles: x), activation, into: output)
            return output
        }
        let gradient = try backend.makeTensor([20])
        try backend.activationGradient(
            of: backend.makeTensor([20], doubles: g), output: output(x), activation,
            into: gradient)
        #expect(
            try gradientDeviation(backend.readDoubles(gradient), at: x) {
                weighted(backend.readDoubles(try output($0)), by: g)
            } < Self.allowed)
    }

    @Test func maxPool() throws {
        let backend = ReferenceBackend()
        let geometry = MaxPoolGeometry(batch: 2, height: 5, width: 4, channels: 2)
        let x = randomValues("input", geometry.inputShape.count)
        let g = randomValues("gradient", geometry.outputShape.count)
        let gradient = try backend.makeTensor(geometry.inputShape)
        try backend.maxPoolGradient(
            of: backend.makeTensor(geometry.outputShape, doubles: g),
            input: backend.makeTensor(geometry.inputShape, doubles: x), geometry, into: gradient)
        #expect(
            try gradientDeviation(backend.readDoubles(gradient), at: x) {
                let output = try backend.makeTensor(geometry.outputShape)
                try backend.maxPool(
                    backend.makeTensor(geometry.inputShape, doubles: $0), geometry, into: output)
                return weighted(backend.readDoubles(output), by: g)
            } < Self.allowed)
    }

    static let averagePools = [
        AveragePoolGeometry(inputShape: [2, 7, 7, 2], size: 2),
        AveragePoolGeometry(inputShape: [1, 4, 6, 3], size: 2),
        AveragePoolGeometry(inputShape: [1, 2, 3, 2], size: 4),
        AveragePoolGeometry(inputShape: [3, 8], size: 16),
        AveragePoolGeometry(inputShape: [3, 7], size: 3),
    ]

    @Test(arguments: averagePools)
    func averagePool(geometry: AveragePoolGeometry) throws {
        let backend = ReferenceBackend()
        let x = randomValues("input", geometry.inputShape.count)
        let g = randomValues("gradient", geometry.outputShape.count)
        let gradient = try backend.makeTensor(geometry.inputShape)
        try backend.averagePoolGradient(
            of: backend.makeTensor(geometry.outputShape, doubles: g), geometry, into: gradient)
        #expect(
            try gradientDeviation(backend.readDoubles(gradient), at: x) {
                let output = try backend.makeTensor(geometry.outputShape)
                try backend.averagePool(
                    backend.makeTensor(geometry.inputShape, doubles: $0), geometry, into: output)
                return weighted(backend.readDoubles(output), by: g)
            } < Self.allowed)
    }

    @Test(arguments: [
        CrossEntropyOptions(), CrossEntropyOptions(temperature: 0.5),
        CrossEntropyOptions(temperature: 2, labelSmoothing: 0.1),
    ])
    func crossEntropy(options: CrossEntropyOptions) throws {
        try crossEntropy(options, weights: nil)
        try crossEntropy(options, weights: [0.5, 2, 1, 0.1, 3])
    }

    private func crossEntropy(_ options: CrossEntropyOptions, weights: [Double]?) throws {
        let backend = ReferenceBackend()
        let shape: Shape = [3, 5]
        let x = randomValues("logits", 15).map { 3 * $0 }
        let targets = try Self.targets([4, 0, 2], weights: weights, on: backend)
        func run(_ x: [Double], _ gradient: Tensor?) throws -> Double {
            let total = try backend.makeTensor([1], doubles: [0])
            try backend.crossEntropy(
                backend.makeTensor(shape, doubles: x), targets, options, gradient: gradient,
                addingLossTo: total)
            return backend.readDoubles(total)[0]
        }
        let gradient = try backend.makeTensor(shape)
        _ = try run(x, gradient)
        #expect(
            try gradientDeviation(backend.readDoubles(gradient), at: x) { try run($0, nil) }
                < Self.allowed)
    }

    @Test func normalizedRows() throws {
        let backend = ReferenceBackend()
        let shape: Shape = [3, 5]
        let (x, g) = (randomValues("input", 15), randomValues("gradient", 15))
        func run(_ x: [Double]) throws -> (output: Tensor, norms: Tensor) {
            let (output, norms) = (try backend.makeTensor(shape), try backend.makeTensor([3]))
            try backend.normalizeRows(
                backend.makeTensor(shape, doubles: x), into: output, norms: norms)
            return (output, norms)
        }
        let (output, norms) = try run(x)
        let gradient = try backend.makeTensor(shape)
        try backend.normalizeRowsGradient(
            of: backend.makeTensor(shape, doubles: g), output: output, norms: norms,
            into: gradient)
        #expect(
            try gradientDeviation(backend.readDoubles(gradient), at: x) {
                weighted(backend.readDoubles(try run($0).output), by: g)
            } < Self.allowed)
    }

    @Test(arguments: [
        CrossEntropyOptions(temperature: 0.5),
        CrossEntropyOptions(temperature: 0.5, labelSmoothing: 0.1),
    ])
    func synchronizationLoss(options: CrossEntropyOptions) throws {
        try synchronizationLoss(options, weights: nil)
        try synchronizationLoss(options, weights: [0.5, 2, 1, 0.1])
    }

    private func synchronizationLoss(_ options: CrossEntropyOptions, weights: [Double]?) throws {
        let backend = ReferenceBackend()
        let (batch, features, classes) = (3, 7, 4)
        let x = randomValues("pooled", batch * features)
        let basis = try backend.makeTensor(
            [classes, features], doubles: randomValues("basis", classes * features))
        let targets = try Self.targets([1, 3, 0], weights: weights, on: backend)
        func run(_ x: [Double]) throws -> (loss: Double, gradient: [Double]) {
            let total = try backend.makeTensor([1], doubles: [0])
            let gradient = try backend.makeTensor([batch, features])
            try backend.synchronizationLoss(
                backend.makeTensor([batch, features], doubles: x), basis: basis, targets, options,
                into: gradient, addingLossTo: total)
            return (backend.readDoubles(total)[0], backend.readDoubles(gradient))
        }
        #expect(
            try gradientDeviation(run(x).gradient, at: x) { try run($0).loss } < Self.allowed)
    }

    /// Labels with the weights of all classes, if there are any, and their sum.
    private static func targets(
        _ labels: [Int32], weights: [Double]?, on backend: ReferenceBackend
    ) throws -> Targets {
        let labels = try backend.makeTensor(integers: labels)
        guard let weights else { return Targets(labels) }
        let made = ClassWeights(
            try backend.makeTensor([weights.count], doubles: weights),
            sum: try backend.makeTensor([1]))
        try backend.sumLabelWeights(labels, made.values, into: made.sum)
        return Targets(labels, weights: made)
    }
}
