import Randomness
import ReferenceBackend
import Tensors
import Testing

/// What Winograd's filtering costs in accuracy, beside the bounds of the catalogue: the root mean
/// square of its error, as a share of the result's.
struct WinogradTests {
    static let geometry = ConvolutionGeometry(
        batch: 2, height: 12, width: 14, inputChannels: 128, outputChannels: 48)

    /// What a direct convolution of 128 channels costs that adds float32 terms one after the other.
    /// Ours add in short runs and cost less; F(4×4) is held to this where it sums channels, and to
    /// our own direct form elsewhere, as F(2×2) is everywhere.
    static let plainError = 2.9e-7

    @Test(
        arguments: TestedBackend.blas + TestedBackend.openCL,
        [(ConvolutionAlgorithm.winograd2, 2.0), (.winograd4, 5.0)])
    func errorsStayNearThoseOfAPlainDirectConvolution(
        tested: TestedBackend, limit: (algorithm: ConvolutionAlgorithm, ratio: Double)
    ) throws {
        let backend = try tested.open()
        let expected = try results(on: ReferenceBackend())
        let direct = try errors(of: try results(on: backend, .direct), from: expected)
        let winograd = try errors(of: try results(on: backend, limit.algorithm), from: expected)
        for (pass, error) in winograd {
            let ours = try #require(direct[pass])
            let base =
                limit.algorithm == .winograd4 && pass != .weightGradient ? Self.plainError : ours
            #expect(error <= limit.ratio * base, "\(pass) by \(limit.algorithm): \(error)")
            // A backend that ignored the choice would err alike.
            #expect(error != ours)
        }
    }

    /// Input, weights and output's gradient go in; what each pass makes of them.
    private func results(
        on backend: any Backend, _ algorithm: ConvolutionAlgorithm = .direct
    ) throws -> [DenseOperation.Pass: [Double]] {
        let geometry = Self.geometry
        let input = try random(geometry.inputShape, "input", on: backend)
        let weights = try random(geometry.weightShape, "weights", on: backend)
        let gradient = try random(geometry.outputShape, "gradient", on: backend)
        return try backend.withConvolutionAlgorithm(algorithm) {
            try Dictionary(
                uniqueKeysWithValues: DenseOperation.Pass.allCases.map { pass in
                    let result: Tensor
                    switch pass {
                    case .forward:
                        result = try undefined(geometry.outputShape, on: backend)
                        try backend.convolve(input, weights, bias: nil, geometry, into: result)
                    case .weightGradient:
                        result = try undefined(geometry.weightShape, on: backend)
                        try backend.convolutionWeightGradient(
                            input, of: gradient, geometry, into: result)
                    case .inputGradient:
                        result = try undefined(geometry.inputShape, on: backend)
                        try backend.convolutionInputGradient(
                            of: gradient, weights, geometry, into: result)
                    }
                    guard let reference = backend as? ReferenceBackend else {
                        return (pass, try backend.read(result).map(Double.init))
                    }
                    return (pass, reference.readDoubles(result))
                })
        }
    }

    private func errors(
        of results: [DenseOperation.Pass: [Double]],
        from expected: [DenseOperation.Pass: [Double]]
    ) throws -> [DenseOperation.Pass: Double] {
        try Dictionary(
            uniqueKeysWithValues: results.map { pass, values in
                let expected = try #require(expected[pass])
                let error = zip(values, expected).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
                let size = expected.reduce(0) { $0 + $1 * $1 }
                return (pass, (error / size).squareRoot())
            })
    }

    private func random(_ shape: Shape, _ name: String, on backend: any Backend) throws -> Tensor {
        try backend.makeTensor(
            shape,
            RandomSource(seed: 0, stream: name).uniforms(shape.count).map { 2 * $0 - 1 })
    }

    private func undefined(_ shape: Shape, on backend: any Backend) throws -> Tensor {
        let tensor = try backend.makeTensor(shape)
        try backend.fill(tensor, with: .nan)
        return tensor
    }
}
