import Tensors

/// Batches of host arrays for one split of a data set.
///
/// What a batch holds is a function of the source, the epoch and the index alone.
public protocol BatchSource: AnyObject {
    /// `[height, width, channels]` of a sample.
    var sampleShape: Shape { get }
    /// Samples of an epoch.
    var sampleCount: Int { get }
    /// Samples in every batch but the last.
    var batchSize: Int { get }
    /// Seconds that callers have waited for batches so far.
    var secondsWaited: Double { get }

    /// Calls `body` with every batch of `epoch` from batch `first` on, in order, images channels-last
    /// and normalised, until it returns false.
    func forEachBatch(
        epoch: Int, from first: Int,
        _ body: (_ images: UnsafeBufferPointer<Float>, _ labels: UnsafeBufferPointer<Int32>) throws
            -> Bool) throws
}

extension BatchSource {
    /// Batches of an epoch, the last and smaller one included.
    public var batchCount: Int { sampleCount == 0 ? 0 : (sampleCount - 1) / batchSize + 1 }

    /// Calls `body` with every batch of `epoch`, until it returns false.
    public func forEachBatch(
        epoch: Int,
        _ body: (_ images: UnsafeBufferPointer<Float>, _ labels: UnsafeBufferPointer<Int32>) throws
            -> Bool
    ) throws { try forEachBatch(epoch: epoch, from: 0, body) }
}

extension Network {
    /// The logits `[batch, classes]` of host arrays, by the running statistics.
    public func infer(
        _ images: UnsafeBufferPointer<Float>, _ labels: UnsafeBufferPointer<Int32>
    ) throws -> Tensor {
        try infer(batch: try load(images, labels))
    }

    /// The logits `[batch, classes]` of host arrays that nobody knows the labels of, by the running
    /// statistics.
    ///
    /// - Parameters:
    ///   - images: `[batch, height, width, channels]`, normalised.
    ///   - batch: at most ``batchCapacity``.
    public func infer(_ images: UnsafeBufferPointer<Float>, batch: Int) throws -> Tensor {
        try backend.upload(UnsafeRawBufferPointer(images), to: self.images.prefix(batch: batch))
        return try infer(batch: batch)
    }

    /// Hands a batch to the device, and answers how many samples it holds.
    func load(
        _ images: UnsafeBufferPointer<Float>, _ labels: UnsafeBufferPointer<Int32>
    ) throws -> Int {
        let batch = labels.count
        try backend.upload(UnsafeRawBufferPointer(images), to: self.images.prefix(batch: batch))
        try backend.upload(UnsafeRawBufferPointer(labels), to: self.labels.prefix(batch: batch))
        return batch
    }
}
