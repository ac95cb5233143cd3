import ArgumentParser
import LocalLearning
import Randomness
import Tensors

struct BenchStep: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "step", abstract: "A whole training step: forward, loss, gradients, update.",
        discussion: "Example: lls bench step --model LLS_SmallConv --input 3x32x32 --batch 128")

    @OptionGroup var selection: BackendOptions
    @Option(help: "The network.") var model = "LLS_SmallConv"
    @Option(name: [.customLong("rule"), .customLong("training-mode")], help: "The learning rule.")
    var rule = "LLS"
    @Option(help: "CHANNELSxHEIGHTxWIDTH.") var input = "3x32x32"
    @Option(help: "Classes.") var classes = 10
    @Option(help: "Images in a batch.") var batch = 128
    @Option(help: "Timed steps, at least.") var steps = 20
    @Flag(help: "One JSON object.") var json = false

    /// The keys are those of the command line's contract.
    private struct Result: Encodable {
        let backend, device: String
        let ms_per_step, images_per_second, gflops: Double
        let peak_bytes, steps: Int
    }

    func validate() throws {
        try requirePositive(("classes", classes), ("batch", batch), ("steps", steps))
        guard batch > 1 else { throw ValidationError("--batch must be at least 2: batch norm") }
    }

    func run() throws {
        let extents = try parseExtents(input, flag: "input")
        let rule = try lookUp(rule, among: RuleCatalog.all, called: "learning rule", by: \.name)
        let architecture = try lookUp(
            model, among: ModelCatalog.all, called: "model", by: \.name)
        let backend = try selection.open()
        let network = try Network(
            architecture, input: [extents[1], extents[2], extents[0]], classes: classes,
            batch: batch, rule: rule, on: backend)
        try network.initialize(seed: 0)
        let optimizers = try network.groups.map {
            try OptimizerKind.adamWScheduleFree.make(
                for: $0, OptimizerSettings(learningRate: 5e-3), on: backend)
        }
        let images = RandomSource(seed: 0, stream: "images").uniforms(network.images.count)
        let labels = RandomSource(seed: 0, stream: "labels").uniforms(batch)
            .map { Int32($0 * Float(classes)) }
        try labels.withUnsafeBytes { try backend.upload($0, to: network.labels) }
        let ring = try LossRing(capacity: 1, losses: network.lossNames.count, on: backend)

        let timing = try Timing(on: backend, warmups: 3, repetitions: steps) {
            try backend.upload(images, to: network.images)
            try rule.step(network, batch: batch, optimizers, losses: ring.next())
            _ = try ring.drain(on: backend)
        }
        // Forward and weight gradient, of the blocks.
        let multiplyAccumulates = 2 * batch * network.blocks.map(\.multiplyAccumulates).reduce(0, +)
        let result = Result(
            backend: selection.kind(of: backend), device: backend.name,
            ms_per_step: 1e3 * timing.median, images_per_second: Double(batch) / timing.median,
            gflops: 2e-9 * Double(multiplyAccumulates) / timing.median,
            peak_bytes: backend.memoryUse.peak, steps: timing.seconds.count)
        Console.result(
            json
                ? try lls.json(result)
                : "\(result.ms_per_step.fixed(2)) ms/step  \(result.images_per_second.fixed(0)) img/s"
                    + "  \(result.gflops.fixed(1)) GFLOP/s  \(megabytes(result.peak_bytes))  "
                    + result.device)
    }
}
