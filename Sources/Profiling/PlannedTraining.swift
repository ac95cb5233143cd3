import LocalLearning
import Tensors

/// What is to be trained, as far as memory and work depend on it.
public struct PlannedTraining: Sendable {
    public var network: NetworkDescription
    public var optimizer: any OptimizerKind
    /// Samples in a training batch.
    public var batch: Int
    /// The run around the steps; nil for single steps, as they are timed.
    public var run: PlannedRun?

    public init(
        _ network: NetworkDescription, optimizer: any OptimizerKind, batch: Int,
        run: PlannedRun? = nil
    ) {
        self.network = network
        self.optimizer = optimizer
        self.batch = batch
        self.run = run
    }

    var name: String { "\(network.architecture.name) by \(network.rule.name)" }

    /// Samples that the network must hold at a time.
    var capacity: Int { max(batch, run?.testBatch ?? 0) }

    func makeNetwork(on backend: any Backend) throws -> Network {
        try Network(unset: network, batch: capacity, on: backend)
    }

    func makeOptimizers(of network: Network) throws -> [any Optimizer] {
        try network.groups.map { try optimizer.make(for: $0, OptimizerSettings()) }
    }
}

/// A run as far as its memory depends on it.
public struct PlannedRun: Sendable {
    public var trainSamples, testSamples, testBatch: Int
    /// Steps between two reports, and the most steps of the run.
    public var reportEvery: Int
    public var maxSteps: Int?

    public init(
        trainSamples: Int, testSamples: Int, testBatch: Int, reportEvery: Int,
        maxSteps: Int? = nil
    ) {
        self.trainSamples = trainSamples
        self.testSamples = testSamples
        self.testBatch = testBatch
        self.reportEvery = reportEvery
        self.maxSteps = maxSteps
    }

    /// The sizes of training batches, in the order in which they come first.
    func trainBatches(of batch: Int) -> [Int] {
        let (whole, rest) = trainSamples.quotientAndRemainder(dividingBy: batch)
        // One sample is refused by itself, with better words.
        let hasRest = rest > 1 && (maxSteps ?? .max) > whole
        return (whole > 0 ? [batch] : []) + (hasRest ? [rest] : [])
    }

    var testBatches: [Int] {
        let (whole, rest) = testSamples.quotientAndRemainder(dividingBy: testBatch)
        return (whole > 0 ? [testBatch] : []) + (rest > 0 ? [rest] : [])
    }
}
