import OpenCLBackend
import Tensors
import Testing

/// What an operation will borrow is known before it is computed.
struct ScratchTests {
    @Test(arguments: KernelEngine.allCases, ConvolutionAlgorithm.allCases)
    func whatIsForetoldIsBorrowed(engine: KernelEngine, algorithm: ConvolutionAlgorithm) throws {
        let geometry = ConvolutionGeometry(
            batch: 4, height: 20, width: 18, inputChannels: 40, outputChannels: 48)
        for pass in DenseOperation.Pass.allCases {
            let backend = try OpenCLBackend(engine: engine)
            backend.convolutionAlgorithm = algorithm
            let input = try backend.makeTensor(geometry.inputShape)
            let weights = try backend.makeTensor(geometry.weightShape)
            let output = try backend.makeTensor(geometry.outputShape)
            for tensor in [input, weights, output] { try backend.fill(tensor, with: 1) }

            let before = (bytes: backend.memoryUse.current, launches: backend.launches)
            let foretold = try backend.scratchBytes(of: [.convolution(geometry, pass)])
            #expect(backend.memoryUse.current == before.bytes)
            #expect(backend.launches == before.launches)
            switch pass {
            case .forward:
                try backend.convolve(input, weights, bias: nil, geometry, into: output)
            case .weightGradient:
                try backend.convolutionWeightGradient(
                    input, of: output, geometry, into: weights)
            case .inputGradient:
                try backend.convolutionInputGradient(of: output, weights, geometry, into: input)
            }
            try backend.synchronize()
            let borrowed = backend.memoryUse.current - before.bytes
            // Besides, a row of zeros in place of padding: 16 kB.
            #expect(
                (0...16_384).contains(borrowed - foretold), "\(pass): \(borrowed), not \(foretold)")
        }
    }
}
