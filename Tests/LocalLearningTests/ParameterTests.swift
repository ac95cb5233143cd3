import LocalLearning
import ReferenceBackend
import Tensors
import Testing

struct ParameterTests {
    @Test func convolutionWeightsLieInFilesAsPyTorchHasThem() {
        // [kh 1, kw 2, in 2, out 3] here; [out, in, kh, kw] in files.
        let shape: Shape = [1, 2, 2, 3]
        let here = (0..<12).map(Float.init)
        let file = ParameterLayout.convolution.toFile(here, shape)
        #expect(ParameterLayout.convolution.fileShape(shape) == [3, 2, 1, 2])
        #expect(file == [0, 6, 3, 9, 1, 7, 4, 10, 2, 8, 5, 11])
        #expect(ParameterLayout.convolution.fromFile(file, shape) == here)
    }

    @Test func linearWeightsAreTransposedInFiles() {
        let file = ParameterLayout.linear.toFile([0, 1, 2, 3, 4, 5], [2, 3])
        #expect(file == [0, 3, 1, 4, 2, 5])
        #expect(ParameterLayout.linear.fromFile(file, [2, 3]) == [0, 1, 2, 3, 4, 5])
    }

    @Test func initialValuesAreAFunctionOfSeedAndName() throws {
        func network(seed: UInt64) throws -> [Float] {
            let backend = ReferenceBackend()
            let network = try Network(
                NetworkDescription(.smallConv, input: [8, 8, 1], classes: 3, rule: LLS()),
                batch: 2, seed: seed, on: backend)
            return try network.parameters.flatMap { try $0.values() }
        }
        let first = try network(seed: 1)
        #expect(try network(seed: 1) == first)
        #expect(try network(seed: 2) != first)
        let weights = first.prefix(9 * 32)
        #expect(weights.allSatisfy { abs($0) <= 1.0 / 3 })
        #expect((weights.max() ?? 0) > 0.3 && (weights.min() ?? 0) < -0.3)
    }

    @Test func anImageThatIsTooSmallIsRefused() {
        #expect(throws: ArchitectureError.self) {
            _ = try NetworkDescription(.smallConv, input: [2, 2, 1], classes: 3, rule: LLS())
        }
    }
}
