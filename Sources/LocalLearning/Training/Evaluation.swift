import Tensors

/// How a network does on samples it was not trained on.
public struct Evaluation: Sendable {
    /// Share of samples whose label is the largest logit, in percent.
    public let top1: Double
    /// Share among the five largest, in percent; only with more than five classes.
    public let top5: Double?
    /// Mean cross-entropy, in which all classes count the same, whatever weights a training gave them.
    public let loss: Double
    /// Samples that were looked at.
    public let samples: Int
}

/// Runs a network over a whole split. Its counters live on the device and are read once.
public final class Evaluator {
    private let network: Network
    private let correct, correct5: Tensor
    /// The summed losses of full batches, and the last, smaller batch's own.
    private let fullLoss, lastLoss: Tensor

    /// Takes memory for the counters.
    public init(_ network: Network) throws {
        self.network = network
        let backend = network.backend
        correct = try backend.makeTensor([1], .int32)
        correct5 = try backend.makeTensor([1], .int32)
        fullLoss = try backend.makeTensor([1])
        lastLoss = try backend.makeTensor([1])
    }

    /// By the running statistics, at the parameters' present values. Waits for the device at the
    /// end.
    ///
    /// - Parameters:
    ///   - source: its batches must fit the network.
    ///   - look: called with the logits `[batch, classes]`, on the device, and the labels of every
    ///     batch, in order; it must not change them.
    public func evaluate(
        on source: any BatchSource,
        looking look: (_ logits: Tensor, _ labels: UnsafeBufferPointer<Int32>) throws -> Void = {
            _, _ in
        }
    ) throws -> Evaluation {
        let backend = network.backend
        let zero: [Int32] = [0]
        for counter in [correct, correct5] {
            try zero.withUnsafeBytes { try backend.upload($0, to: counter) }
        }
        for total in [fullLoss, lastLoss] { try backend.fill(total, with: 0) }

        let hasTop5 = network.classes > 5
        var samples = 0
        var last = 0
        try source.forEachBatch(epoch: 0) { images, labels in
            let batch = try network.load(images, labels)
            let truth = network.labels.prefix(batch: batch)
            let logits = try network.infer(batch: batch)
            try backend.countCorrect(logits, truth, top: 1, addingTo: correct)
            if hasTop5 { try backend.countCorrect(logits, truth, top: 5, addingTo: correct5) }
            if batch < source.batchSize { last = batch }
            try backend.crossEntropy(
                logits, Targets(truth), CrossEntropyOptions(), gradient: nil,
                addingLossTo: batch < source.batchSize ? lastLoss : fullLoss)
            samples += batch
            try look(logits, labels)
            return true
        }
        let count = Double(max(samples, 1))
        func percent(_ counter: Tensor) throws -> Double {
            100 * Double(try backend.readIntegers(counter)[0]) / count
        }
        let loss =
            Double(try backend.read(fullLoss)[0]) * Double(source.batchSize)
            + Double(try backend.read(lastLoss)[0]) * Double(last)
        return Evaluation(
            top1: try percent(correct), top5: hasTop5 ? try percent(correct5) : nil,
            loss: loss / count, samples: samples)
    }
}
