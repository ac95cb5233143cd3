import ArgumentParser
import Profiling
import Randomness
import Tensors

/// What `bench gemm` and `bench conv` print.
private struct KernelTiming: Encodable {
    let backend: String
    /// At the median and at the best run.
    let gflops, best_gflops: Double
    let ms: Double
    let runs: Int

    init(_ backend: any Backend, _ operation: DenseOperation, _ timing: Timing) {
        let multiplyAccumulates = Double(operation.multiplyAccumulates)
        self.backend = backend.name
        gflops = 2e-9 * multiplyAccumulates / timing.median
        best_gflops = 2e-9 * multiplyAccumulates / timing.best
        ms = 1e3 * timing.median
        runs = timing.seconds.count
    }

    func show(asJSON: Bool) throws {
        Console.result(
            asJSON
                ? try json(self)
                : "\(gflops.fixed(1)) GFLOP/s (best \(best_gflops.fixed(1)))  \(ms.fixed(3)) ms  "
                    + backend)
    }
}

extension Backend {
    /// A tensor of numbers in ±1, so that no arithmetic meets anything special. They are drawn piece by
    /// piece, so that the host needs no copy of a tensor that only just fits the device.
    func makeRandom(_ shape: Shape, _ name: String) throws -> Tensor {
        let tensor = try makeTensor(shape)
        let piece = max(1 << 20, sliceAlignment(of: .float32))
        for (index, start) in stride(from: 0, to: shape.count, by: piece).enumerated() {
            let count = min(piece, shape.count - start)
            let source = RandomSource(seed: 0, stream: name, index)
            try upload(
                source.uniforms(count).map { 2 * $0 - 1 },
                to: try slice(tensor, at: start, [count]))
        }
        return tensor
    }
}

struct BenchGemm: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gemm", abstract: "Times a matrix product [m, k] · [k, n].",
        discussion: "Example: lls bench gemm --m 1024 --n 1024 --k 1024 --json")

    @OptionGroup var selection: BackendOptions
    @Option(help: "Rows of the result.") var m = 1024
    @Option(help: "Columns of the result.") var n = 1024
    @Option(help: "Terms of each sum.") var k = 1024
    @Option(help: "Minimum number of timed runs.") var repetitions = 10
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        try requireWithinBounds(("m", m), ("n", n), ("k", k), ("repetitions", repetitions))
    }

    func run() throws {
        let operation = DenseOperation.product(ProductGeometry(rows: m, depth: k, columns: n))
        let backend = try selection.open(computing: [operation])
        try backend.checkRoom(for: "a product of [\(m), \(k)] and [\(k), \(n)]") {
            try $0.perform(operation)
        }
        let left = try backend.makeRandom([m, k], "left")
        let right = try backend.makeRandom([k, n], "right")
        let output = try backend.makeTensor([m, n])
        let timing = try Timing(on: backend, repetitions: repetitions) {
            try backend.multiply(left.matrix, right.matrix, into: output)
        }
        try KernelTiming(backend, operation, timing).show(asJSON: json)
    }
}

struct BenchConvolution: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conv",
        abstract: "Times a 3×3 convolution with padding 1, or one of its gradients.",
        discussion: "Example: lls bench conv --input 32x32x128 --out 256 --pass weight-gradient")

    @OptionGroup var selection: BackendOptions
    @Option(help: "Size of an image: HEIGHTxWIDTHxCHANNELS.") var input = "32x32x128"
    @Option(help: "Output channels.") var out = 256
    @Option(help: "Images in a batch.") var batch = 128
    @Option(help: "Stride.") var stride = 1
    @Option(help: "The pass.") var pass = Named<Cases<DenseOperation.Pass>>("forward")
    @Option(help: "Minimum number of timed runs.") var repetitions = 10
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        try requireWithinBounds(
            ("out", out), ("batch", batch), ("stride", stride), ("repetitions", repetitions))
        _ = try pass.entry
        try requirePossible(batch: batch, of: try parseExtents(input, flag: "input"))
    }

    func run() throws {
        let extents = try parseExtents(input, flag: "input")
        let geometry = ConvolutionGeometry(
            batch: batch, height: extents[0], width: extents[1], inputChannels: extents[2],
            outputChannels: out, stride: stride)
        let pass = try pass.entry
        let operation = DenseOperation.convolution(geometry, pass)
        let backend = try selection.open(computing: [operation])
        try backend.checkRoom(for: "a convolution of \(geometry.inputShape) to \(out) channels") {
            try $0.perform(operation)
        }
        let input = try backend.makeRandom(geometry.inputShape, "input")
        let weights = try backend.makeRandom(geometry.weightShape, "weights")
        let output = try backend.makeRandom(geometry.outputShape, "output")
        let timing = try Timing(on: backend, repetitions: repetitions) {
            switch pass {
            case .forward:
                try backend.convolve(input, weights, bias: nil, geometry, into: output)
            case .weightGradient:
                try backend.convolutionWeightGradient(
                    input, of: output, geometry, into: weights)
            case .inputGradient:
                try backend.convolutionInputGradient(
                    of: output, weights, geometry, into: input)
            }
        }
        try KernelTiming(backend, operation, timing).show(asJSON: json)
    }
}
