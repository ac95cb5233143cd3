/// What was measured at one moment of a run: a line of `metrics.jsonl`.
public struct MetricsRecord: Codable, Sendable, Equatable {
    public enum Split: String, Codable, Sendable { case train, test }

    /// The epoch that it was measured in, counted from 1, and the run's steps by then.
    public var epoch: Int
    public var step: Int
    public var split: Split
    /// The steps that it is the mean of, if they are not a whole epoch's: those since the record before.
    public var steps: Int?
    /// Mean cross-entropy of the classifier.
    public var loss: Double
    /// Percent. In training, of the predictions that the steps began with.
    public var top1: Double?
    public var top5: Double?
    public var learningRate: Double?
    public var imagesPerSecond: Double?
    /// Since training began, pauses between resumed parts not counted.
    public var seconds: Double
    public var peakBytes: Int?
    /// Mean local loss of each block.
    public var blockLosses: [String: Double]?

    public init(
        epoch: Int, step: Int, split: Split, steps: Int? = nil, loss: Double, top1: Double? = nil,
        top5: Double? = nil, learningRate: Double? = nil, imagesPerSecond: Double? = nil,
        seconds: Double, peakBytes: Int? = nil, blockLosses: [String: Double]? = nil
    ) {
        self.epoch = epoch
        self.step = step
        self.split = split
        self.steps = steps
        self.loss = loss
        self.top1 = top1
        self.top5 = top5
        self.learningRate = learningRate
        self.imagesPerSecond = imagesPerSecond
        self.seconds = seconds
        self.peakBytes = peakBytes
        self.blockLosses = blockLosses
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case epoch, step, split, steps, loss, top1, top5
        case learningRate = "learning_rate"
        case imagesPerSecond = "images_per_second"
        case seconds
        case peakBytes = "peak_bytes"
        case blockLosses = "block_losses"
    }
}
