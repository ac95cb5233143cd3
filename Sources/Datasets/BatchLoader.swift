import Randomness

/// Cuts a split into batches of normalised floats, channels last.
///
/// The order of an epoch is a function of (seed, epoch); what happens to a sample, of (seed,
/// epoch, sample): neither threads nor a resumed run change a byte.
public struct BatchLoader: Sendable {
    /// Where samples come from.
    public let split: ImageSplit
    /// Of a prepared sample.
    public let shape: SampleShape
    /// Samples in a batch; the last one of an epoch may hold fewer.
    public let batchSize: Int
    /// How many samples an epoch has: the whole split, or `limit` of it, see
    /// ``ImageSplit/places(limit:)``.
    public let sampleCount: Int
    /// How many batches an epoch has; the last may hold fewer samples.
    public var batchCount: Int { sampleCount == 0 ? 0 : (sampleCount - 1) / batchSize + 1 }

    private let normalization: Normalization
    private let transform: ImageTransform
    private let appliesOrientation: Bool
    /// Nil: in the order of the split.
    private let seed: UInt64?
    private var plan: EpochPlan?
    /// The places in the split of the samples that are taken, in order; nil for all.
    private let places: [Int32]?

    /// Training batches: shuffled anew each epoch, and augmented.
    public static func training(
        _ dataset: ImageDataset, seed: UInt64, batchSize: Int, limit: Int? = nil
    ) -> BatchLoader {
        BatchLoader(
            dataset.train, shape: dataset.shape, normalization: dataset.normalization,
            transform: dataset.training, appliesOrientation: dataset.appliesOrientation,
            seed: seed, batchSize: batchSize, limit: limit)
    }

    /// Test batches: in order, with nothing random about them.
    ///
    /// - Parameter split: in place of the test images: the training images, prepared like these.
    public static func testing(
        _ dataset: ImageDataset, split: ImageSplit? = nil, batchSize: Int, limit: Int? = nil
    ) -> BatchLoader {
        BatchLoader(
            split ?? dataset.test, shape: dataset.shape, normalization: dataset.normalization,
            transform: dataset.testing, appliesOrientation: dataset.appliesOrientation,
            batchSize: batchSize, limit: limit)
    }

    /// Without a seed the order is the split's own, and the transform must not be random.
    package init(
        _ split: ImageSplit, shape: SampleShape, normalization: Normalization,
        transform: ImageTransform = .none, appliesOrientation: Bool = false,
        seed: UInt64? = nil, batchSize: Int, limit: Int? = nil
    ) {
        precondition(batchSize > 0 && limit ?? 1 > 0, "batch \(batchSize), limit \(limit ?? 0)")
        precondition(
            normalization.mean.count == shape.channels,
            "\(normalization.mean.count) means for \(shape.channels) channels")
        precondition(seed != nil || !transform.isRandom, "no seed for \(transform)")
        self.split = split
        self.shape = shape
        self.normalization = normalization
        self.transform = transform
        self.appliesOrientation = appliesOrientation
        self.seed = seed
        self.batchSize = batchSize
        places = limit.flatMap(split.places(limit:))
        sampleCount = places?.count ?? split.count
    }

    /// The samples of an epoch in the order in which they are handed out.
    public func order(epoch: Int) -> [Int32] {
        guard let seed else { return places ?? Array(0..<Int32(sampleCount)) }
        let order = RandomSource(seed: seed, stream: "epoch order", epoch).permutation(sampleCount)
        return places.map { places in order.map { places[Int($0)] } } ?? order
    }

    /// Sample `index` of the split as `epoch` sees it: `[height, width, channels]`.
    ///
    /// Throws `ImageError` or `FileError` for a file that is no sound image.
    public func sample(_ index: Int, epoch: Int) throws -> [Float] {
        precondition((0..<split.count).contains(index), "sample \(index) of \(split.count)")
        var floats = [Float](repeating: 0, count: shape.count)
        try floats.withUnsafeMutableBufferPointer { floats in
            guard let base = floats.baseAddress else { return }
            try makePreparer().prepare(index, randomness(epoch: epoch), into: base)
        }
        return floats
    }

    /// Writes batch `batch` of `epoch`, on the caller's thread, and returns its number of samples.
    ///
    /// `images`, `[batchSize, height, width, channels]`, and `labels`, `[batchSize]`, are written
    /// only as far as there are samples. Traps on a batch that is not in the epoch; throws
    /// `ImageError` or `FileError` for a file that is no sound image.
    public mutating func fill(
        epoch: Int, batch: Int, images: UnsafeMutableBufferPointer<Float>,
        labels: UnsafeMutableBufferPointer<Int32>
    ) throws -> Int {
        let plan = plan.flatMap { $0.epoch == epoch ? $0 : nil } ?? self.plan(epoch: epoch)
        self.plan = plan
        let positions = positions(of: batch)
        try fill(positions, of: plan, with: makePreparer(), images: images, labels: labels)
        return positions.count
    }

    // What the threads of a `PrefetchingLoader` share, and what each has of its own.

    /// An epoch's order and random numbers.
    struct EpochPlan: Sendable {
        let epoch: Int
        let order: [Int32]
        let randomness: EpochRandomness?
    }

    func plan(epoch: Int) -> EpochPlan {
        EpochPlan(epoch: epoch, order: order(epoch: epoch), randomness: randomness(epoch: epoch))
    }

    private func randomness(epoch: Int) -> EpochRandomness? {
        seed.map { EpochRandomness(seed: $0, epoch: epoch) }
    }

    func makePreparer() -> SamplePreparer {
        SamplePreparer(
            split, shape: shape, transform: transform, normalization: normalization,
            appliesOrientation: appliesOrientation)
    }

    /// Where a batch lies in its epoch.
    func positions(of batch: Int) -> Range<Int> {
        precondition((0..<batchCount).contains(batch), "batch \(batch) of \(batchCount)")
        return (batch * batchSize)..<min((batch + 1) * batchSize, sampleCount)
    }

    /// Writes the samples at these places of the epoch, the first of them first.
    func fill(
        _ positions: Range<Int>, of plan: EpochPlan, with preparer: SamplePreparer,
        images: UnsafeMutableBufferPointer<Float>, labels: UnsafeMutableBufferPointer<Int32>
    ) throws {
        precondition(
            images.count >= positions.count * shape.count && labels.count >= positions.count,
            "\(images.count) floats, \(labels.count) labels for \(positions.count) × \(shape.count)"
        )
        guard let base = images.baseAddress else { return }
        for (place, position) in positions.enumerated() {
            let sample = Int(plan.order[position])
            try preparer.prepare(sample, plan.randomness, into: base + place * shape.count)
            labels[place] = split.labels[sample]
        }
    }
}
