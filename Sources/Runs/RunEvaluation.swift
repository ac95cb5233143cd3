/// What the last evaluation of a run saw, besides the numbers in its metrics: `evaluation.json`.
public struct RunEvaluation: Codable, Sendable, Equatable {
    /// The epoch that was evaluated, counted from 1.
    public var epoch: Int
    public var classes: [String]
    /// Samples by label (row) and prediction (column); nil with more than ``mostConfusionClasses``.
    public var confusion: [[Int]]?
    /// The pairs of classes that are taken for each other most often, the most frequent first.
    public var mistakes: [Mistake]
    /// The samples with the greatest loss, the worst first.
    public var worst: [Sample]
    /// The first layer's weights, if it is a convolution.
    public var filters: Filters?

    public static let mostConfusionClasses = 200

    public init(
        epoch: Int, classes: [String], confusion: [[Int]]?, mistakes: [Mistake], worst: [Sample],
        filters: Filters?
    ) {
        self.epoch = epoch
        self.classes = classes
        self.confusion = confusion
        self.mistakes = mistakes
        self.worst = worst
        self.filters = filters
    }

    /// How many samples of one class were taken for another.
    public struct Mistake: Codable, Sendable, Equatable {
        public var `class`: String
        public var predicted: String
        public var count: Int

        public init(class: String, predicted: String, count: Int) {
            self.class = `class`
            self.predicted = predicted
            self.count = count
        }
    }

    /// A sample, and how likely the network finds its class and the predicted one.
    public struct Sample: Codable, Sendable, Equatable {
        /// Of the file; the place in the split for data sets that are not files.
        public var path: String
        public var index: Int
        public var `class`: String
        public var classProbability: Double
        public var predicted: String
        public var probability: Double
        public var loss: Double
        /// A small JPEG in base64; nil if the picture cannot be shown.
        public var picture: String?

        public init(
            path: String, index: Int, class: String, classProbability: Double, predicted: String,
            probability: Double, loss: Double, picture: String?
        ) {
            self.path = path
            self.index = index
            self.class = `class`
            self.classProbability = classProbability
            self.predicted = predicted
            self.probability = probability
            self.loss = loss
            self.picture = picture
        }

        private enum CodingKeys: String, CodingKey {
            case path, index, `class`, predicted, probability, loss, picture
            case classProbability = "class_probability"
        }
    }

    /// The kernels of a convolution, each `[height, width, channels]` row by row.
    public struct Filters: Codable, Sendable, Equatable {
        public var layer: String
        public var height: Int
        public var width: Int
        public var channels: Int
        public var values: [[Float]]

        public init(layer: String, height: Int, width: Int, channels: Int, values: [[Float]]) {
            self.layer = layer
            self.height = height
            self.width = width
            self.channels = channels
            self.values = values
        }
    }
}
