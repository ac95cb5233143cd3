import BLASBackend
import Foundation
import Randomness
import Tensors
import Testing
import Verification

/// What the CPU's Winograd convolutions promise besides the bounds of the catalogue.
struct CPUWinogradTests {
    static let variants: [ConvolutionAlgorithm] = [.winograd2, .winograd4]

    enum Pass: CaseIterable, Sendable { case forward, weightGradient, inputGradient }

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
        #expect(files.count >= 23)
        for file in files {
            let stated = try ConformanceCase(
                json: Data(contentsOf: GoldenTests.folder.appending(path: file)), name: file)
            let backend = try BLASBackend(convolutionAlgorithm: .winograd2)
            let result = try stated.run(on: backend)
            #expect(result.passed, "\(file): \(result)")
        }
    }
}
