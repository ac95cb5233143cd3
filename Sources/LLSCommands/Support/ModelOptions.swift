import ArgumentParser
import LocalLearning
import Profiling
import Randomness
import Tensors

/// A training step of random images, as `bench step` times it and `profile` takes it apart.
struct ModelOptions: ParsableArguments {
    @Option(help: "The network.") var model = Named<ModelNames>("LLS_SmallConv")
    @Option(name: [.customLong("rule"), .customLong("training-mode")], help: "The learning rule.")
    var rule = Named<RuleNames>("LLS")
    @Option(help: "Size of an image: CHANNELSxHEIGHTxWIDTH.") var input = "3x32x32"
    @Option(help: "Number of classes.") var classes = 10
    @Option(help: "Images in a batch.") var batch = 128

    func validate() throws {
        try requireWithinBounds(("classes", classes), ("batch", batch))
        guard batch > 1 else {
            throw ValidationError(
                "--batch must be at least 2: batch norm needs more than one image")
        }
        _ = try rule.entry
        if !ModelNames.isFile(model.text) { _ = try training }
    }

    var training: PlannedTraining {
        get throws {
            let extents = try parseExtents(input, flag: "input")
            try requirePossible(batch: batch, of: extents)
            return PlannedTraining(
                try NetworkDescription(
                    try model.entry, input: [extents[1], extents[2], extents[0]],
                    classes: classes, rule: try rule.entry),
                optimizer: PublishedOptimizer.adamWScheduleFree, batch: batch)
        }
    }
}

/// A network with its optimizers and one batch of random images, ready to step.
struct StepBench {
    private let backend: any Backend
    private let network: Network
    private let optimizers: [any Optimizer]
    private let ring: LossBuffer
    private let images: [Float]

    init(_ training: PlannedTraining, on backend: any Backend) throws {
        self.backend = backend
        let network = try Network(training.network, batch: training.batch, on: backend)
        self.network = network
        optimizers = try network.groups.map {
            try training.optimizer.make(for: $0, OptimizerSettings(learningRate: 5e-3))
        }
        try HostMemory.check(network.images.byteCount, for: "the images of a batch")
        images = RandomSource(seed: 0, stream: "images").uniforms(network.images.count)
        let labels = RandomSource(seed: 0, stream: "labels").uniforms(training.batch)
            .map { Int32($0 * Float(network.classes)) }
        let places = network.labels
        try labels.withUnsafeBytes { try backend.upload($0, to: places) }
        ring = try LossBuffer(capacity: 1, losses: network.lossNames.count, on: backend)
    }

    /// Uploads the images, takes a step, and reads its losses: waits for the device.
    func step() throws {
        try enqueue()
        _ = try ring.drain()
    }

    /// Everything of ``step()`` but the waiting.
    func enqueue() throws {
        try backend.upload(images, to: network.images)
        try network.step(batch: network.batchCapacity, optimizers, losses: ring.next())
    }

    func drain() throws { _ = try ring.drain() }
}
