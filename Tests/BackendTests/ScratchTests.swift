import BLASBackend
import OpenCLBackend
import Tensors
import Testing

/// What an operation will borrow is known before it is computed.
struct ScratchTests {
    static let geometry = ConvolutionGeometry(
        batch: 4, height: 20, width: 18, inputChannels: 40, outputChannels: 48)

    @Test(arguments: KernelEngine.allCases, ConvolutionAlgorithm.allCases)
    func whatIsForetoldIsBorrowed(engine: KernelEngine, algorithm: ConvolutionAlgorithm) throws {
        for pass in DenseOperation.Pass.allCases {
            let backend = try OpenCLBackend(engine: engine)
            backend.convolutionAlgorithm = algorithm
            let launches = backend.launches
            _ = try backend.scratchBytes(of: [.convolution(Self.geometry, pass)])
            #expect(backend.launches == launches)
            let (foretold, borrowed) = try scratch(.convolution(Self.geometry, pass), on: backend)
            // Besides, a row of zeros in place of padding: 16 kB.
            #expect(
                (0...16_384).contains(borrowed - foretold), "\(pass): \(borrowed), not \(foretold)")
        }
    }

    @Test(arguments: [1, 2, 5], ConvolutionAlgorithm.allCases)
    func theCPUForetellsIt(threads: Int, algorithm: ConvolutionAlgorithm) throws {
        let operations =
            DenseOperation.Pass.allCases.map { DenseOperation.convolution(Self.geometry, $0) } + [
                .product(ProductGeometry(rows: 10, depth: 4096, columns: 20)),
                .product(ProductGeometry(rows: 100, depth: 40, columns: 20)),
            ]
        for operation in operations {
            let backend = try BLASBackend(threads: threads, convolutionAlgorithm: algorithm)
            let (foretold, borrowed) = try scratch(operation, on: backend)
            #expect(borrowed == foretold, "\(operation)")
        }
    }

    /// What `operation` is said to borrow, and what the backend holds more after it.
    private func scratch(_ operation: DenseOperation, on backend: any Backend) throws
        -> (foretold: Int, borrowed: Int)
    {
        let shapes = operation.operands
        let operands = try [shapes.first, shapes.second, shapes.result].map {
            let tensor = try backend.makeTensor($0)
            try backend.fill(tensor, with: 1)
            return tensor
        }
        let before = backend.memoryUse.current
        let foretold = try backend.scratchBytes(of: [operation])
        #expect(backend.memoryUse.current == before)
        try backend.perform(operation, operands[0], operands[1], into: operands[2])
        try backend.synchronize()
        return withExtendedLifetime(operands) {
            (foretold, backend.memoryUse.current - before)
        }
    }
}
