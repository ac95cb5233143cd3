import Datasets
import Images
import LocalLearning
import Tensors

/// A trained network at work: pictures in, probabilities out. Nobody need know labels, and no memory is
/// taken for training.
///
///     let classifier = try Classifier(run: "runs/cifar10-vgg8-lls/001", on: try BLASBackend())
///     for picture in try await classifier.predict(files: ["cat.jpg", "dog.png"]) {
///         let best = try picture.result.get().best
///         print(picture.path, best.name, best.probability)
///     }
///
/// An app can keep one and use it from everywhere: calls wait for each other, and run on a queue of
/// their own, so that a slow device holds up no other task. Pictures are prepared as the run prepared its
/// test images: resized, cropped and normalised.
public actor Classifier {
    /// The names of the classes, in the order of ``Prediction/probabilities``.
    public nonisolated let classes: [String]
    /// Height, width in pixels, and channels, of a picture as the network sees it.
    public nonisolated let input: SampleShape
    private let predictor: Predictor
    private let queue: SerialQueue

    /// What else a classifier can be told.
    public struct Options: Sendable {
        /// Pictures that the network takes at once, at least 1; memory grows with them.
        public var batchSize = 32
        /// What the weights are of, if their file does not say it, or says something else.
        public var card: ModelCard?
        /// What a card's names stand for; add your own.
        public var models: [Architecture] = ModelCatalog.all
        /// What a card's names stand for; add your own.
        public var rules: [any LearningRule] = RuleCatalog.all
        /// Whether pictures of another size are resized, and their middle cut out, if the run's own
        /// transform leaves sizes as they are.
        public var resizesPictures = false
        /// Threads that decode files, at least 1; nil for all processors.
        public var threads: Int?

        /// The defaults.
        public init() {}
    }

    /// The last weights of a run.
    ///
    /// - Parameters:
    ///   - run: its folder: `runs/NAME/001`.
    ///   - backend: given away; nobody else may use it.
    /// - Throws: `FileError` if the folder or its weights are missing, damaged, or do not say what they
    ///   are of; `WeightsMismatchError` if they do not have the tensors that they claim;
    ///   `DoesNotFitError` if the device has no room; what the device throws.
    public init(
        run: String, on backend: sending any Backend, _ options: Options = Options()
    ) throws {
        try self.init(try SavedModel(run: run, options), on: backend, options)
    }

    /// A weights file, with the card that `lls` puts into it or the one of the options.
    ///
    /// - Parameter backend: given away; nobody else may use it.
    /// - Throws: as ``init(run:on:_:)``.
    public init(
        weights: String, on backend: sending any Backend, _ options: Options = Options()
    ) throws {
        try self.init(try SavedModel(weights: weights, options), on: backend, options)
    }

    private init(
        _ model: sending SavedModel, on backend: sending any Backend, _ options: Options
    ) throws {
        classes = model.classes
        input = model.preparation.shape
        queue = SerialQueue("lls.classifier")
        predictor = try Predictor(
            model.description, classes: model.classes, model.preparation,
            batchSize: max(1, options.batchSize), threads: options.threads.map { max(1, $0) },
            on: backend
        ) { try $0.load(model.file) }
    }

    /// The classes of one picture.
    ///
    /// - Parameters:
    ///   - pixels: `[height, width, channels]`, 0 to 255, of any size that the run's transform takes.
    ///   - channels: 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha), which are converted to the
    ///     network's; alpha is ignored.
    /// - Throws: ``ClassifierError`` if there are not as many pixels as that; `ImageError` for a size
    ///   that the transform does not take; what the device throws.
    public func predict(
        _ pixels: [UInt8], height: Int, width: Int, channels: Int
    ) throws -> Prediction {
        guard height > 0, width > 0, channels > 0, height < 1 << 20, width < 1 << 20,
            channels <= 4, pixels.count == height * width * channels
        else {
            throw ClassifierError(
                reason: "\(pixels.count) bytes are no picture of \(height) × \(width) pixels and "
                    + "\(channels) channels")
        }
        let predictions = try pixels.withUnsafeBufferPointer { pixels -> [Prediction] in
            guard let base = pixels.baseAddress else { return [] }
            let view = PixelView(base, height: height, width: width, channels: channels)
            return try predictor.predict([view], named: "the picture")
        }
        guard let prediction = predictions.first else {
            throw ClassifierError(reason: "there are no pixels")
        }
        return prediction
    }

    /// The classes of pictures that are prepared already.
    ///
    /// - Parameter normalized: `[n, height, width, channels]` of ``input``, for any n.
    /// - Throws: ``ClassifierError`` if the numbers are no whole pictures; what the device throws.
    public func predict(normalized: [Float]) throws -> [Prediction] {
        guard normalized.count % input.count == 0 else {
            throw ClassifierError(
                reason: "\(normalized.count) numbers are no whole pictures of \(input.height) × "
                    + "\(input.width) × \(input.channels)")
        }
        return try normalized.withUnsafeBufferPointer { try predictor.predict($0) }
    }

    /// The classes of picture files, in their order; they are decoded on several threads.
    ///
    /// - Returns: one for each path: a file that is no picture has an error for a result.
    /// - Throws: what the device throws.
    public func predict(files paths: [String]) throws -> [PicturePrediction] {
        var results: [PicturePrediction] = []
        try predictor.predict(files: paths) { results += $0 }
        return results
    }

    /// Where its calls run.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        queue.asUnownedSerialExecutor()
    }
}

/// What became of a picture file.
public struct PicturePrediction: Sendable {
    /// As it was given.
    public let path: String
    /// The classes, or why the file is no picture that can be classified.
    public let result: Result<Prediction, ImageError>
}

/// Numbers that are no picture.
public struct ClassifierError: Error, Sendable, CustomStringConvertible {
    /// What is wrong with them, in one line.
    public let reason: String
    /// One line.
    public var description: String { reason }
}
