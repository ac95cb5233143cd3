import LocalLearning
import Tensors

/// Bytes that a training holds on a device, by what they are for.
struct TrainingMemory: Sendable {
    let activations, parameters, gradients, optimizer, other, scratch: Int
    /// All of them: the device's peak.
    let total: Int
    let largestAllocation: Int

    /// Runs `training` dry, from the making of the network to the last evaluation, each batch size
    /// once, in the order in which a run meets them: the sizes of what operations borrow depend on it.
    ///
    /// - Parameter backend: that holds nothing, see ``Backend/dryRun()``.
    /// - Throws: ``MemoryShortage`` where the backend has no room; ``ArchitectureError``.
    init(_ training: PlannedTraining, on backend: any Backend) throws {
        let network = try training.makeNetwork(on: backend)
        let held: Int
        let input = training.network.inputShape
        if let run = training.run {
            let trainer = try Trainer(
                network, optimizer: training.optimizer, OptimizerSettings(),
                TrainingOptions(epochs: 1, reportEvery: run.reportEvery))
            held = backend.memoryUse.current
            _ = try trainer.run(
                train: EmptySource(input, run.trainBatches(of: training.batch)),
                test: EmptySource(input, run.testBatches))
        } else {
            let optimizers = try training.makeOptimizers(of: network)
            let ring = try LossBuffer(
                capacity: 1, losses: network.lossNames.count, on: backend)
            held = backend.memoryUse.current
            try network.step(batch: training.batch, optimizers, losses: ring.next())
        }
        total = backend.memoryUse.peak
        largestAllocation = backend.memoryUse.largest
        // Made once more, only to look at; the peak has been read.
        optimizer = try training.makeOptimizers(of: network)
            .flatMap(\.vectors.values).map(\.byteCount).saturatingSum()
        activations = network.activationBytes
        gradients = network.groups.map(\.gradients.byteCount).reduce(0, +)
        parameters =
            network.groups.map(\.values.byteCount).reduce(0, +)
            + network.parameters.filter { !$0.description.isTrained }.map(\.value.byteCount)
            .reduce(0, +)
        other = held - activations - gradients - parameters - optimizer
        scratch = total - held
    }
}

/// Batches of given sizes without any elements: for backends that look at none.
final class EmptySource: BatchSource {
    let sampleShape: Shape
    let secondsWaited = 0.0
    private let batches: [Int]

    init(_ sampleShape: Shape, _ batches: [Int]) {
        self.sampleShape = sampleShape
        self.batches = batches
    }

    var sampleCount: Int { batches.reduce(0, +) }
    var batchSize: Int { batches.first ?? 1 }

    func forEachBatch(
        epoch: Int, from first: Int,
        _ body: (_ images: UnsafeBufferPointer<Float>, _ labels: UnsafeBufferPointer<Int32>) throws
            -> Bool
    ) throws {
        for batch in batches.dropFirst(first) {
            // An address that nobody reads from.
            let images = UnsafePointer<Float>(bitPattern: 1 << 20)
            let labels = UnsafePointer<Int32>(bitPattern: 1 << 20)
            let goesOn = try body(
                UnsafeBufferPointer(start: images, count: batch * sampleShape.count),
                UnsafeBufferPointer(start: labels, count: batch))
            guard goesOn else { return }
        }
    }
}

extension Evaluator {
    /// Evaluates batches without elements: in a dry run, all that an evaluation would hold.
    ///
    /// - Parameters:
    ///   - input: `[height, width, channels]` of a sample.
    public func dryRun(_ input: Shape, samples: Int, batch: Int) throws {
        let run = PlannedRun(
            trainSamples: 0, testSamples: samples, testBatch: batch, reportEvery: 1)
        _ = try evaluate(on: EmptySource(input, run.testBatches))
    }
}
