/// `(pixel / 255 - mean) / standardDeviation`, each channel with its own constants.
public struct Normalization: Sendable, Equatable {
    /// One for each channel, of pixels from 0 to 1.
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
