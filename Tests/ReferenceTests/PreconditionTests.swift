import ReferenceBackend
import Tensors
import Testing

/// A programmer's mistake ends the process instead of the run's results.
struct PreconditionTests {
    @Test func productOfShapesThatDoNotFit() async {
        await #expect(processExitsWith: .failure) {
            let backend = ReferenceBackend()
            try backend.multiply(
                backend.makeTensor([2, 3]).matrix, backend.makeTensor([2, 3]).matrix,
                into: backend.makeTensor([2, 3]))
        }
    }

    @Test func convolutionIntoAWrongShape() async {
        await #expect(processExitsWith: .failure) {
            let backend = ReferenceBackend()
            let geometry = ConvolutionGeometry(
                batch: 1, height: 4, width: 4, inputChannels: 2, outputChannels: 3)
            try backend.convolve(
                backend.makeTensor(geometry.inputShape), backend.makeTensor(geometry.weightShape),
                bias: nil, geometry, into: backend.makeTensor([1, 4, 4, 2]))
        }
    }

    @Test func statisticsOfASingleRow() async {
        await #expect(processExitsWith: .failure) {
            let backend = ReferenceBackend()
            let channels = try (0..<6).map { _ in try backend.makeTensor([3]) }
            try backend.batchStatistics(
                of: backend.makeTensor([1, 3]),
                updating: BatchNormParameters(
                    scale: channels[0], shift: channels[1], runningMean: channels[2],
                    runningVariance: channels[3]),
                into: BatchStatistics(mean: channels[4], inverseDeviation: channels[5]))
        }
    }

    @Test func aSliceThatLeavesItsTensor() async {
        await #expect(processExitsWith: .failure) {
            let backend = ReferenceBackend()
            _ = try backend.slice(backend.makeTensor([4]), at: 2, [3])
        }
    }

    @Test func floatsReadFromIntegers() async {
        await #expect(processExitsWith: .failure) {
            let backend = ReferenceBackend()
            _ = try backend.read(backend.makeTensor(integers: [1]))
        }
    }

    @Test func labelsThatAreFloats() async {
        await #expect(processExitsWith: .failure) {
            let backend = ReferenceBackend()
            try backend.crossEntropy(
                backend.makeTensor([2, 3]), Targets(backend.makeTensor([2])), CrossEntropyOptions(),
                gradient: nil, addingLossTo: backend.makeTensor([1]))
        }
    }

    @Test func weightsOfOtherClasses() async {
        await #expect(processExitsWith: .failure) {
            let backend = ReferenceBackend()
            try backend.crossEntropy(
                backend.makeTensor([1, 3], [1, 2, 3]),
                Targets(
                    backend.makeTensor(integers: [0]),
                    weights: ClassWeights(
                        backend.makeTensor([2], [1, 1]), sum: backend.makeTensor([1], [1]))),
                CrossEntropyOptions(), gradient: nil, addingLossTo: backend.makeTensor([1], [0]))
        }
    }

    /// What is above 0 in Double may be 0, or not normal, once it is a Float.
    @Test func aTemperatureThatNothingCanBeDividedBy() async {
        await #expect(processExitsWith: .failure) {
            _ = CrossEntropyOptions(temperature: Float(1e-46))
        }
        await #expect(processExitsWith: .failure) {
            _ = CrossEntropyOptions(temperature: .leastNonzeroMagnitude)
        }
        await #expect(processExitsWith: .failure) { _ = CrossEntropyOptions(temperature: -1) }
        await #expect(processExitsWith: .failure) { _ = CrossEntropyOptions(temperature: .nan) }
        await #expect(processExitsWith: .failure) {
            _ = CrossEntropyOptions(temperature: .infinity)
        }
    }

    @Test func aLabelSmoothingThatIsNoShare() async {
        await #expect(processExitsWith: .failure) { _ = CrossEntropyOptions(labelSmoothing: 1.5) }
        await #expect(processExitsWith: .failure) { _ = CrossEntropyOptions(labelSmoothing: -0.1) }
    }

    /// The calls above fail for their mistakes: the same without any does not.
    @Test func correctCallsDoNotTrap() async {
        await #expect(processExitsWith: .success) {
            let backend = ReferenceBackend()
            try backend.multiply(
                backend.makeTensor([2, 3]).matrix, backend.makeTensor([2, 3]).transposed,
                into: backend.makeTensor([2, 2]))
            _ = try backend.slice(backend.makeTensor([4]), at: 2, [2])
            _ = CrossEntropyOptions(temperature: .leastNormalMagnitude, labelSmoothing: 1)
        }
    }
}
