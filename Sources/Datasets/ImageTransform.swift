/// What happens to an image before it is normalised, in torchvision's terms, and what is erased from
/// it afterwards.
public struct ImageTransform: Sendable, Equatable {
    /// One change of an image.
    public enum Step: Sendable, Equatable {
        /// The shorter side becomes so long, by antialiased bilinear interpolation.
        case resize(shorterSide: Int)
        /// The smallest size of the same proportions that covers `height × width`, by the same
        /// interpolation.
        case cover(height: Int, width: Int)
        /// The rectangle in the middle.
        case centerCrop(height: Int, width: Int)
        /// An image of this size, cut out at random, once every side has got `padding` black pixels.
        case randomCrop(height: Int, width: Int, padding: Int = 0)
        /// 8 to 100 % of the image at an aspect ratio of 3:4 to 4:3, resized to this size.
        case randomResizedCrop(height: Int, width: Int)
        /// Every second image, at random, is mirrored left to right.
        case randomFlip

        /// The square in the middle.
        public static func centerCrop(side: Int) -> Step { .centerCrop(height: side, width: side) }
        /// ``randomResizedCrop(height:width:)`` to a square.
        public static func randomResizedCrop(side: Int) -> Step {
            .randomResizedCrop(height: side, width: side)
        }
    }

    /// In the order in which they are done.
    public let steps: [Step]
    /// What is erased of a normalised image; nil for nothing.
    public let erasing: RandomErasing?

    /// Leaves images as they are.
    public static let none = ImageTransform([])

    /// Random crops and flips come last, each at most once: they are done while the image is
    /// normalised. Traps on any other order.
    public init(_ steps: [Step], erasing: RandomErasing? = nil) {
        let order = steps.map { step in
            switch step {
            case .resize, .cover, .centerCrop, .randomResizedCrop: 0
            case .randomCrop: 1
            case .randomFlip: 2
            }
        }
        precondition(
            zip(order, order.dropFirst()).allSatisfy { $0 < $1 || $0 == 0 && $1 == 0 },
            "steps in the order \(steps)")
        self.steps = steps
        self.erasing = erasing
    }

    /// Whether the same image may come out differently in another epoch.
    public var isRandom: Bool {
        erasing != nil
            || steps.contains { step in
                switch step {
                case .resize, .cover, .centerCrop: false
                case .randomCrop, .randomResizedCrop, .randomFlip: true
                }
            }
    }
}

/// Sets a random rectangle of a normalised image to 0 (Zhong et al. 2017).
public struct RandomErasing: Sendable, Equatable {
    /// How likely an image is to lose a rectangle.
    public let probability: Double
    /// Share of the image's area.
    public static let area = 0.02...0.33
    /// Height over width.
    public static let aspectRatio = 0.3...3.3

    /// - Precondition: `probability` is from 0 to 1.
    public init(probability: Double) {
        precondition((0...1).contains(probability), "a probability of \(probability)")
        self.probability = probability
    }
}
