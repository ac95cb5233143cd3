/// What happens to an image before it is normalised, in torchvision's terms, and what is erased from
/// it afterwards.
public struct ImageTransform: Sendable, Equatable {
    public enum Step: Sendable, Equatable {
        /// The shorter side becomes so long, by antialiased bilinear interpolation.
        case resize(shorterSide: Int)
        /// The square in the middle.
        case centerCrop(side: Int)
        /// An image of this size, cut out at random, once every side has got `padding` black pixels.
        case randomCrop(height: Int, width: Int, padding: Int = 0)
        /// 8 to 100 % of the image at an aspect ratio of 3:4 to 4:3, resized to a square.
        case randomResizedCrop(side: Int)
        /// Every second image, at random, is mirrored left to right.
        case randomFlip
    }

    public let steps: [Step]
    public let erasing: RandomErasing?

    public static let none = ImageTransform([])

    public init(_ steps: [Step], erasing: RandomErasing? = nil) {
        self.steps = steps
        self.erasing = erasing
    }
}

/// Sets a random rectangle of a normalised image to 0 (Zhong et al. 2017).
public struct RandomErasing: Sendable, Equatable {
    public let probability: Double
    /// Share of the image's area.
    public var area: ClosedRange<Double> { 0.02...0.33 }
    /// Height over width.
    public var aspectRatio: ClosedRange<Double> { 0.3...3.3 }

    public init(probability: Double) {
        precondition((0...1).contains(probability), "a probability of \(probability)")
        self.probability = probability
    }
}
