import Randomness

/// Cuts a split into batches of normalised floats, channels last.
///
/// The order of an epoch is a function of (seed, epoch); what happens to a sample, of (seed,
/// epoch, sample): neither threads nor a resumed run change a byte.
public struct BatchLoader: Sendable {
    public let split: ImageSplit
    public let batchSize: Int
    /// How many samples an epoch has: the whole split, or the first `limit` of it.
    public let sampleCount: Int
    /// How many batches an epoch has; the last may hold fewer samples.
    public var batchCount: Int { (sampleCount + batchSize - 1) / batchSize }

    private let table: [Float]
    private let augmentation: Augmentation
    /// Nil: in the order of the split, unchanged.
    private let seed: UInt64?
    private var epoch: (number: Int, order: [Int32], choices: RandomSource)?

    /// Training batches: shuffled anew each epoch, and augmented.
    public static func training(
        _ dataset: ImageDataset, seed: UInt64, batchSize: Int, limit: Int? = nil
    ) -> BatchLoader {
        BatchLoader(
            dataset.train, normalization: dataset.normalization,
            augmentation: dataset.augmentation, seed: seed, batchSize: batchSize, limit: limit)
    }

    /// Test batches: in order, unchanged.
    public static func testing(
        _ dataset: ImageDataset, batchSize: Int, limit: Int? = nil
    ) -> BatchLoader {
        BatchLoader(
            dataset.test, normalization: dataset.normalization, batchSize: batchSize, limit: limit)
    }

    /// Without a seed the order is the split's own and nothing is augmented.
    public init(
        _ split: ImageSplit, normalization: Normalization, augmentation: Augmentation = .none,
        seed: UInt64? = nil, batchSize: Int, limit: Int? = nil
    ) {
        precondition(batchSize > 0 && limit ?? 1 > 0, "batch \(batchSize), limit \(limit ?? 0)")
        precondition(
            normalization.mean.count == split.channels,
            "\(normalization.mean.count) means for \(split.channels) channels")
        self.split = split
        self.batchSize = batchSize
        self.seed = seed
        self.augmentation = seed == nil ? .none : augmentation
        sampleCount = min(limit ?? split.count, split.count)
        table = normalization.table
    }

    /// The samples of an epoch in the order in which they are handed out.
    public func order(epoch: Int) -> [Int32] {
        guard let seed else { return Array(0..<Int32(sampleCount)) }
        return RandomSource(seed: seed, stream: "epoch order", epoch).permutation(sampleCount)
    }

    /// Writes batch `batch` of `epoch` and returns its number of samples.
    ///
    /// `images`, `[batchSize, height, width, channels]`, and `labels`, `[batchSize]`, are written
    /// only as far as there are samples. Traps on a batch that is not in the epoch.
    public mutating func fill(
        epoch number: Int, batch: Int, images: UnsafeMutableBufferPointer<Float>,
        labels: UnsafeMutableBufferPointer<Int32>
    ) -> Int {
        precondition((0..<batchCount).contains(batch), "batch \(batch) of \(batchCount)")
        let first = batch * batchSize
        let count = min(batchSize, sampleCount - first)
        precondition(
            images.count >= count * split.imageSize && labels.count >= count,
            "\(images.count) floats, \(labels.count) labels for \(count) × \(split.imageSize)")
        let (order, choices) = begin(number)
        for position in 0..<count {
            let sample = Int(order[first + position])
            let choice =
                augmentation == .none
                ? Augmentation.Choice() : augmentation.choice(for: sample, from: choices)
            let start = position * split.imageSize
            prepare(
                sample, choice,
                into: UnsafeMutableBufferPointer(
                    rebasing: images[start..<start + split.imageSize]))
            labels[position] = split.labels[sample]
        }
        return count
    }

    private mutating func begin(_ number: Int) -> (order: [Int32], choices: RandomSource) {
        if let epoch, epoch.number == number { return (epoch.order, epoch.choices) }
        let choices = RandomSource(seed: seed ?? 0, stream: "augmentation", number)
        let order = order(epoch: number)
        epoch = (number, order, choices)
        return (order, choices)
    }

    /// Pads, crops, mirrors and normalises one image in a single pass.
    private func prepare(
        _ sample: Int, _ choice: Augmentation.Choice, into image: UnsafeMutableBufferPointer<Float>
    ) {
        let (height, width, channels) = (split.height, split.width, split.channels)
        // Row y, column x of the result is row y + top, column x + left of the split's image.
        let top = choice.top - augmentation.cropPadding
        let left = choice.left - augmentation.cropPadding
        split.pixels.withUnsafeBufferPointer { pixels in
            table.withUnsafeBufferPointer { table in
                for y in 0..<height {
                    let row = (sample * height + y + top) * width
                    let rowExists = (0..<height).contains(y + top)
                    for x in 0..<width {
                        let source = (choice.flipped ? width - 1 - x : x) + left
                        let exists = rowExists && source >= 0 && source < width
                        for channel in 0..<channels {
                            let byte =
                                exists ? Int(pixels[(row + source) * channels + channel]) : 0
                            image[(y * width + x) * channels + channel] =
                                table[channel << 8 | byte]
                        }
                    }
                }
            }
        }
    }
}
