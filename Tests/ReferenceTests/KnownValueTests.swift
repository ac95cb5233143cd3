import Foundation
import ReferenceBackend
import Tensors
import TestSupport
import Testing

/// The oracle itself, on values that can be worked out by hand.
struct KnownValueTests {
    let backend = ReferenceBackend()

    private func tensor(_ shape: Shape, _ values: [Double]) throws -> Tensor {
        try backend.makeTensor(shape, doubles: values)
    }

    @Test func productWithBias() throws {
        let output = try tensor([2, 2], [0, 0, 0, 0])
        try backend.multiply(
            tensor([2, 3], [1, 2, 3, 4, 5, 6]).matrix, tensor([3, 2], [1, 0, 0, 1, 1, 1]).matrix,
            bias: tensor([2], [10, 20]), into: output)
        #expect(backend.readDoubles(output) == [14, 25, 20, 31])
    }

    @Test func productOfTransposes() throws {
        let (a, b) = (
            try tensor([3, 2], [1, 4, 2, 5, 3, 6]), try tensor([2, 3], [1, 0, 1, 0, 1, 1])
        )
        let output = try backend.makeTensor([2, 2])
        try backend.multiply(a.transposed, b.transposed, into: output)
        #expect(backend.readDoubles(output) == [4, 5, 10, 11])
    }

    /// A kernel of ones sums the 3×3 neighbourhood; weights run [row, column, in, out].
    @Test func convolutionSumsItsNeighbourhood() throws {
        let geometry = ConvolutionGeometry(
            batch: 1, height: 3, width: 3, inputChannels: 1, outputChannels: 1)
        let output = try backend.makeTensor([1, 3, 3, 1])
        try backend.convolve(
            tensor([1, 3, 3, 1], [1, 2, 3, 4, 5, 6, 7, 8, 9]),
            tensor([3, 3, 1, 1], .init(repeating: 1, count: 9)), bias: nil, geometry, into: output)
        #expect(backend.readDoubles(output) == [12, 21, 16, 27, 45, 33, 24, 39, 28])
    }

    /// A single weight right of the centre takes the pixel to the right: no kernel is flipped.
    @Test func convolutionIsACrossCorrelation() throws {
        let geometry = ConvolutionGeometry(
            batch: 1, height: 1, width: 3, inputChannels: 1, outputChannels: 1)
        let output = try backend.makeTensor([1, 1, 3, 1])
        try backend.convolve(
            tensor([1, 1, 3, 1], [1, 2, 3]),
            tensor([3, 3, 1, 1], [0, 0, 0, 0, 0, 1, 0, 0, 0]), bias: nil, geometry, into: output)
        #expect(backend.readDoubles(output) == [2, 3, 0])
    }

    /// Of two groups the second sees the second half of the channels only.
    @Test func groupsSeeTheirOwnChannels() throws {
        let geometry = ConvolutionGeometry(
            batch: 1, height: 1, width: 1, inputChannels: 4, outputChannels: 2, kernelHeight: 1,
            kernelWidth: 1, padding: 0, groups: 2)
        let output = try backend.makeTensor([1, 1, 1, 2])
        try backend.convolve(
            tensor([1, 1, 1, 4], [1, 10, 100, 1000]), tensor([1, 1, 2, 2], [1, 2, 3, 4]),
            bias: nil, geometry, into: output)
        #expect(backend.readDoubles(output) == [31, 4200])
    }

    @Test func strideAndPadding() throws {
        let geometry = ConvolutionGeometry(
            batch: 1, height: 1, width: 4, inputChannels: 1, outputChannels: 1, kernelHeight: 1,
            kernelWidth: 1, stride: 2, padding: 1)
        #expect(geometry.outputShape == [1, 2, 3, 1])
        let output = try backend.makeTensor(geometry.outputShape)
        try backend.convolve(
            tensor([1, 1, 4, 1], [1, 2, 3, 4]), tensor([1, 1, 1, 1], [5]), bias: nil, geometry,
            into: output)
        // Rows −1 and 1 are padding, so are columns −1; columns 1 and 3 are not.
        #expect(backend.readDoubles(output) == [0, 0, 0, 0, 0, 0])
        let wide = ConvolutionGeometry(
            batch: 1, height: 1, width: 4, inputChannels: 1, outputChannels: 1, kernelHeight: 3,
            kernelWidth: 1, stride: 2, padding: 1)
        let row = try backend.makeTensor(wide.outputShape)
        try backend.convolve(
            tensor([1, 1, 4, 1], [1, 2, 3, 4]), tensor([3, 1, 1, 1], [0, 5, 0]), bias: nil, wide,
            into: row)
        #expect(backend.readDoubles(row) == [0, 10, 20])
    }

    @Test func maxPoolGivesTiesToTheFirst() throws {
        let geometry = MaxPoolGeometry(batch: 1, height: 2, width: 5, channels: 1)
        let input = try tensor([1, 2, 5, 1], [-1, -1, 2, 3, 9, -1, -2, 3, 0, 9])
        let (output, gradient) = (
            try backend.makeTensor(geometry.outputShape), try backend.makeTensor(input.shape)
        )
        try backend.maxPool(input, geometry, into: output)
        #expect(backend.readDoubles(output) == [-1, 3])
        try backend.maxPoolGradient(
            of: tensor(geometry.outputShape, [5, 7]), input: input, geometry, into: gradient)
        #expect(backend.readDoubles(gradient) == [5, 0, 0, 7, 0, 0, 0, 0, 0, 0])
    }

    /// 7 → 2: windows [0, 4) and [3, 7) share the middle.
    @Test func averagePoolWindowsOverlap() throws {
        let output = try backend.makeTensor([1, 2])
        try backend.averagePool(
            tensor([1, 7], [1, 2, 3, 4, 5, 6, 7]),
            AveragePoolGeometry(inputShape: [1, 7], size: 2), into: output)
        #expect(backend.readDoubles(output) == [2.5, 5.5])
    }

    /// 2 → 4: every element is a window twice.
    @Test func averagePoolWindowsRepeat() throws {
        let output = try backend.makeTensor([1, 4])
        try backend.averagePool(
            tensor([1, 2], [1, 2]), AveragePoolGeometry(inputShape: [1, 2], size: 4), into: output)
        #expect(backend.readDoubles(output) == [1, 1, 2, 2])
    }

    @Test func averagePoolFlattensChannelsFirst() throws {
        let output = try backend.makeTensor([1, 8])
        try backend.averagePool(
            tensor([1, 2, 2, 2], [1, 10, 2, 20, 3, 30, 4, 40]),
            AveragePoolGeometry(inputShape: [1, 2, 2, 2], size: 2), into: output)
        #expect(backend.readDoubles(output) == [1, 2, 3, 4, 10, 20, 30, 40])
    }

    /// Of 1, 3: mean 2, biased variance 1, unbiased 2.
    @Test func batchStatistics() throws {
        let parameters = BatchNormParameters(
            scale: try tensor([1], [3]), shift: try tensor([1], [0.5]),
            runningMean: try tensor([1], [0]), runningVariance: try tensor([1], [1]))
        let statistics = BatchStatistics(
            mean: try backend.makeTensor([1]), inverseDeviation: try backend.makeTensor([1]))
        let input = try tensor([2, 1], [1, 3])
        try backend.batchStatistics(of: input, updating: parameters, into: statistics)
        let (momentum, inverse) = (
            Double(Float(0.1)), 1 / (1 + Double(Float(1e-5))).squareRoot()
        )
        #expect(backend.readDoubles(statistics.mean) == [2])
        #expect(backend.readDoubles(statistics.inverseDeviation) == [inverse])
        #expect(backend.readDoubles(parameters.runningMean) == [momentum * 2])
        #expect(backend.readDoubles(parameters.runningVariance) == [1 + momentum])
        try backend.batchNorm(
            input, parameters, statistics, .leakyReLU(slope: 0.5), into: input)
        #expect(
            backend.readDoubles(input) == [0.5 * (0.5 - 3 * inverse), 0.5 + 3 * inverse])
    }

    @Test func normalizedRowsOfThreeFourAndOfZeros() throws {
        let (output, norms) = (try backend.makeTensor([2, 2]), try backend.makeTensor([2]))
        try backend.normalizeRows(tensor([2, 2], [3, 4, 0, 0]), into: output, norms: norms)
        #expect(backend.readDoubles(output) == [0.6, 0.8, 0, 0])
        #expect(backend.readDoubles(norms) == [5, Double(Float(1e-12))])
    }

    /// Equal logits of C classes cost log C; temperature divides, smoothing spreads.
    @Test func crossEntropyOfEqualLogits() throws {
        let total = try tensor([1], [1])
        let gradient = try backend.makeTensor([1, 4])
        try backend.crossEntropy(
            tensor([1, 4], [2, 2, 2, 2]), Targets(backend.makeTensor(integers: [2])),
            CrossEntropyOptions(temperature: 0.5, labelSmoothing: 0.5), gradient: gradient,
            addingLossTo: total)
        #expect(abs(backend.readDoubles(total)[0] - 1 - log(4.0)) < 1e-14)
        let expected = [0.25, 0.25, -0.75, 0.25]
        for (value, expected) in zip(backend.readDoubles(gradient), expected) {
            #expect(abs(value - expected) < 1e-14)
        }
    }

    /// What PyTorch 2.13 makes of it in float64:
    /// `F.cross_entropy(logits / 2, labels, w, label_smoothing=s)`, at which its gradient is taken.
    @Test(arguments: [
        (
            0 as Float, 1.060867047407,
            [
                -0.120988563490, 0.075310460313, 0.045678103177, 0.037152490350, 0.166505909938,
                -0.203658400288,
            ]
        ),
        (
            0.25 as Float, 1.182300915854,
            [
                -0.077984751320, 0.044858391528, 0.033126359791, 0.024811621892, 0.117888100630,
                -0.142699722522,
            ]
        ),
    ])
    func weightedCrossEntropyOfPyTorch(
        smoothing: Float, loss: Double, expected: [Double]
    ) throws {
        let labels = try backend.makeTensor(integers: [0, 2])
        let weights = ClassWeights(try tensor([3], [0.5, 2, 1]), sum: try backend.makeTensor([1]))
        try backend.sumLabelWeights(labels, weights.values, into: weights.sum)
        #expect(backend.readDoubles(weights.sum) == [1.5])
        let (total, gradient) = (try tensor([1], [1]), try backend.makeTensor([2, 3]))
        try backend.crossEntropy(
            tensor([2, 3], [1, 2, 1, -2, 1, 0.5]), Targets(labels, weights: weights),
            CrossEntropyOptions(temperature: 2, labelSmoothing: smoothing), gradient: gradient,
            addingLossTo: total)
        #expect(abs(backend.readDoubles(total)[0] - 1 - loss) < 1e-11)
        for (value, expected) in zip(backend.readDoubles(gradient), expected) {
            #expect(abs(value - expected) < 1e-11)
        }
    }

    /// A weighted target is by its mean as large as one without weights.
    @Test func weightedOneHot() throws {
        let weights = ClassWeights(try tensor([2], [1, 3]), sum: try tensor([1], [5]))
        let output = try backend.makeTensor([3, 2])
        try backend.oneHot(
            Targets(backend.makeTensor(integers: [0, 1, 0]), weights: weights), value: 10,
            into: output)
        #expect(backend.readDoubles(output) == [6, 0, 0, 18, 6, 0])
    }

    @Test func aLabelThatIsNoClassMakesTheLossNaN() throws {
        let total = try tensor([1], [0])
        try backend.crossEntropy(
            tensor([1, 2], [0, 0]), Targets(backend.makeTensor(integers: [2])),
            CrossEntropyOptions(), gradient: nil, addingLossTo: total)
        #expect(backend.readDoubles(total)[0].isNaN)
    }

    /// Labels first, tied with an earlier class, tied with a later one, and beside a NaN.
    @Test func correctRows() throws {
        let logits = try tensor([4, 3], [9, 1, 2, 5, 5, 1, 5, 5, 1, 9, .nan, 1])
        let labels = try backend.makeTensor(integers: [0, 1, 0, 0])
        let total = try backend.makeTensor(integers: [10])
        try backend.countCorrect(logits, labels, top: 1, addingTo: total)
        #expect(try backend.readIntegers(total) == [12])
        try backend.countCorrect(logits, labels, top: 2, addingTo: total)
        #expect(try backend.readIntegers(total) == [15])
    }

    @Test func stochasticGradientDescentOfTwoSteps() throws {
        let (p, g, m) = (try tensor([1], [1]), try tensor([1], [2]), try backend.makeTensor([1]))
        try backend.updateSGD(
            p, gradient: g, momentum: m, SGDStep(rate: 0.25, momentum: 0.5, isFirst: true))
        #expect(backend.readDoubles(p) == [0.5] && backend.readDoubles(m) == [2])
        try backend.updateSGD(
            p, gradient: g, momentum: m,
            SGDStep(rate: 0.25, momentum: 0.5, decay: 2, nesterov: true, isFirst: false))
        // g = 3, m = 4, p = 0.5 − 0.25·(3 + 2).
        #expect(backend.readDoubles(p) == [-0.75] && backend.readDoubles(m) == [4])
    }

    /// Adam's first step has the length of the rate, whatever the gradient.
    @Test func firstStepOfAdam() throws {
        let tensors = try (0..<3).map { _ in try tensor([2], [0, 0]) }
        try backend.updateAdam(
            tensors[0], gradient: tensor([2], [1e-3, -500]), firstMoment: tensors[1],
            secondMoment: tensors[2],
            AdamStep(
                rate: 0.5, epsilon: 0, correction1: 1 - 0.9, correction2: 1 - 0.999,
                decoupled: false))
        for (value, expected) in zip(backend.readDoubles(tensors[0]), [-0.5, 0.5]) {
            #expect(abs(value - expected) < 1e-6)
        }
    }

    @Test func scheduleFreeStepAndInterpolation() throws {
        let (y, z) = (try tensor([1], [1]), try tensor([1], [3]))
        try backend.updateScheduleFree(
            y, gradient: tensor([1], [2]), iterate: z, secondMoment: nil,
            ScheduleFreeStep(rate: 0.5, beta1: 0.5, averaging: 0.5))
        // y = 1 + 0.5·2 − 0.5·(1 − 0.25)·2, z = 3 − 0.5·2.
        #expect(backend.readDoubles(y) == [1.25] && backend.readDoubles(z) == [2])
        try backend.interpolate(y, toward: z, by: 2)
        #expect(backend.readDoubles(y) == [2.75])
    }

    @Test func freshAndScratchMemoryIsNaN() throws {
        #expect(try backend.read(backend.makeTensor([3])).allSatisfy(\.isNaN))
        try backend.withScratch([[2]]) { try backend.fill($0[0], with: 1) }
        let lentAgain = try backend.withScratch([[2]]) { try backend.read($0[0]) }
        #expect(lentAgain.count == 2 && lentAgain.allSatisfy(\.isNaN))
    }

    @Test func memoryIsCountedUntilItIsReleased() throws {
        let before = backend.memoryUse
        do {
            let tensor = try backend.makeTensor([100])
            let part = try backend.slice(tensor, at: 10, [5])
            #expect(part.count == 5)
            #expect(backend.memoryUse.current == before.current + 800)
        }
        #expect(backend.memoryUse.current == before.current)
        #expect(backend.memoryUse.peak == before.peak + 800)
        #expect(backend.memoryUse.allocations == before.allocations + 1)
    }

    @Test func integersAndFloatsComeBackExactly() throws {
        let integers: [Int32] = [.min, -1, 0, 16_777_217, .max]
        #expect(try backend.readIntegers(backend.makeTensor(integers: integers)) == integers)
        let floats: [Float] = [.leastNonzeroMagnitude, -.greatestFiniteMagnitude, 0.1, .infinity]
        #expect(try backend.read(backend.makeTensor([4], floats)) == floats)
    }
}
