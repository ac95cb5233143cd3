import Randomness

/// `(pixel / 255 - mean) / standardDeviation`, each channel with its own constants.
public struct Normalization: Sendable, Equatable {
    public let mean, standardDeviation: [Float]

    /// Traps unless both have one positive-deviation entry for each channel.
    public init(mean: [Float], standardDeviation: [Float]) {
        precondition(
            mean.count == standardDeviation.count && standardDeviation.allSatisfy { $0 > 0 },
            "means \(mean), standard deviations \(standardDeviation)")
        self.mean = mean
        self.standardDeviation = standardDeviation
    }

    /// What each of the 256 bytes becomes: `[channels, 256]`.
    var table: [Float] {
        zip(mean, standardDeviation).flatMap { mean, deviation in
            (0..<256).map { (Float($0) / 255 - mean) / deviation }
        }
    }
}

/// The random changes made to a training image before it is normalised.
public struct Augmentation: Sendable, Equatable {
    /// Black pixels put on every side before an image of the old size is cut out at random.
    public let cropPadding: Int
    /// Whether every second image, at random, is mirrored left to right.
    public let flipsHorizontally: Bool

    public static let none = Augmentation()

    public init(cropPadding: Int = 0, flipsHorizontally: Bool = false) {
        precondition(cropPadding >= 0, "a crop padding of \(cropPadding)")
        self.cropPadding = cropPadding
        self.flipsHorizontally = flipsHorizontally
    }

    /// What happens to one image: it is cut out at (top, left) of the padded one, then mirrored.
    struct Choice: Equatable {
        var top = 0
        var left = 0
        var flipped = false
    }

    /// The choice for a sample of the epoch that `source` belongs to, and for no other reason.
    func choice(for sample: Int, from source: RandomSource) -> Choice {
        let offsets = 2 * cropPadding + 1
        return Choice(
            top: source.integer(below: offsets, 3 * sample),
            left: source.integer(below: offsets, 3 * sample + 1),
            flipped: flipsHorizontally && source.bits(3 * sample + 2) >> 63 == 1)
    }
}
