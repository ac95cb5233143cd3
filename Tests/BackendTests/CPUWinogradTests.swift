import BLASBackend
import Foundation
import Randomness
import ReferenceBackend
import Tensors
import Testing
import Verification

/// What the CPU's Winograd convolutions promise besides the bounds of the catalogue.
struct CPUWinogradTests {
    static let variants: [ConvolutionAlgorithm] = [.winograd2, .winograd4]

    enum Pass: CaseIterable, Sendable { case forward, weightGradient, inputGradient }

    /// Whole tiles and parts of one, fewer and more channels than a vector has, several chunks.
    static let geometries = [
        (1, 1, 1, 1, 1), (1, 2, 3, 1, 2), (2, 3, 5, 3, 17), (1, 4, 4, 16, 16), (3, 5, 4, 17, 33),
        (2, 8, 9, 32, 5), (5, 7, 7, 33, 64), (40, 16, 16, 48, 40),
    ].map { batch, height, width, inputs, outputs in
        ConvolutionGeometry(
            batch: batch, height: height, width: width, inputChannels: inputs,
            outputChannels: outputs)
    }

    private func values(_ shape: Shape, _ name: String) -> [Float] {
        RandomSource(seed: 0, stream: name).uniforms(shape.count).map { 2 * $0 - 1 }
    }

    /// The pass on `backend`, into memory full of NaN.
    private func run(_ pass: Pass, _ g: ConvolutionGeometry, on backend: any Backend) throws
        -> [Float]
    {
        let tensor = { (shape: Shape, name: String) in
            try backend.makeTensor(shape, values(shape, name))
        }
        let input = try tensor(g.inputShape, "input")
        let weights = try tensor(g.weightShape, "weights")
        let output = try tensor(g.outputShape, "output")
        let bias = try tensor([g.outputChannels], "bias")
        let destination = [
            Pass.forward: output, .weightGradient: weights, .inputGradient: input,
        ][pass]
        let result = try #require(destination)
        try backend.fill(result, with: .nan)
        switch pass {
        case .forward: try backend.convolve(input, weights, bias: bias, g, into: result)
        case .weightGradient:
            try backend.convolutionWeightGradient(input, of: output, g, into: result)
        case .inputGradient:
            try backend.convolutionInputGradient(of: output, weights, g, into: result)
        }
        return try backend.read(result)
    }

    /// The root of the mean square of the error over that of the result, as the literature states
    /// it: 3–5·10⁻⁷ for 2×2 tiles and 0.5–1.3·10⁻⁶ for 4×4.
    @Test(arguments: variants, Pass.allCases)
    func errorsAreThoseOfTheAlgorithm(algorithm: ConvolutionAlgorithm, pass: Pass) throws {
        let backend = try BLASBackend(threads: 2, convolutionAlgorithm: algorithm)
        let limit = algorithm == .winograd2 ? 1e-6 : 2.5e-6
        for geometry in Self.geometries {
            let expected = try run(pass, geometry, on: ReferenceBackend()).map(Double.init)
            let result = try run(pass, geometry, on: backend).map(Double.init)
            let error = zip(result, expected).map { ($0 - $1) * ($0 - $1) }.reduce(0, +)
            let size = expected.map { $0 * $0 }.reduce(0, +)
            #expect((error / size).squareRoot() < limit, "\(geometry)")
        }
    }

    @Test(arguments: variants, Pass.allCases)
    func anyNumberOfThreadsGivesTheSameBytes(algorithm: ConvolutionAlgorithm, pass: Pass) throws {
        let geometry = ConvolutionGeometry(
            batch: 40, height: 16, width: 15, inputChannels: 48, outputChannels: 40)
        let bits = try [1, 2, 5].map { threads in
            let backend = try BLASBackend(threads: threads, convolutionAlgorithm: algorithm)
            return try run(pass, geometry, on: backend).map(\.bitPattern)
        }
        #expect(bits[0] == bits[1] && bits[0] == bits[2])
    }

    @Test(arguments: Pass.allCases)
    func whatTilesDoNotCoverIsDirect(pass: Pass) throws {
        let geometries = [
            ConvolutionGeometry(
                batch: 2, height: 9, width: 8, inputChannels: 32, outputChannels: 32, stride: 2),
            ConvolutionGeometry(
                batch: 2, height: 9, width: 8, inputChannels: 32, outputChannels: 32, padding: 0),
            ConvolutionGeometry(
                batch: 2, height: 9, width: 8, inputChannels: 32, outputChannels: 32, groups: 2),
        ]
        let direct = try BLASBackend(threads: 2, convolutionAlgorithm: .direct)
        let forced = try BLASBackend(threads: 2, convolutionAlgorithm: .winograd4)
        for geometry in geometries {
            #expect(
                try run(pass, geometry, on: direct).map(\.bitPattern)
                    == run(pass, geometry, on: forced).map(\.bitPattern))
        }
    }

    /// 2×2 tiles round like the direct form. Those of 4×4 round three times more, enough to end on
    /// the other side of some trajectories' kinks, so they are held to nothing here.
    @Test func goldenCasesLandWhereTheOracleDid() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: GoldenTests.folder.path())
            .filter { $0.hasSuffix(".json") && $0 != "basis.json" }.sorted()
        #expect(files.count >= 19)
        for file in files {
            let stated = try ConformanceCase(
                json: Data(contentsOf: GoldenTests.folder.appending(path: file)), name: file)
            let backend = try BLASBackend(convolutionAlgorithm: .winograd2)
            let result = try stated.run(on: backend)
            #expect(result.passed, "\(file): \(result)")
        }
    }
}
