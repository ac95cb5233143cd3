import Datasets
import FileFormats

/// What a card says about the preparation of pictures, read back. A card comes from a file, so that
/// every number in it may be anything.
extension ModelCard {
    /// The longest side of an image that a card may ask for, and the numbers of one sample.
    private static let greatestSide = 1 << 14
    private static let greatestSampleSize = 1 << 26
    private static let greatestStepCount = 16

    /// How pictures are prepared for the network: `input`, `transform` and `normalization`.
    ///
    /// - Parameter path: of what the card was read from, for the error.
    /// - Throws: `FileError` naming a value that is missing, or that nothing can be prepared with.
    public func preparation(path: String) throws(FileError) -> ImagePreparation {
        let shape = try sampleShape(path: path)
        return ImagePreparation(
            shape: shape, transform: try imageTransform(to: shape, path: path),
            normalization: try imageNormalization(channels: shape.channels, path: path),
            appliesOrientation: orientation ?? false)
    }

    /// The classes; throws `FileError` if the card does not say them.
    public func classNames(path: String) throws(FileError) -> [String] {
        try known("classes", classes, path: path)
    }

    private func sampleShape(path: String) throws(FileError) -> SampleShape {
        let input = try known("input", input, path: path)
        guard input.count == 3, input.allSatisfy({ (1...Self.greatestSide).contains($0) }),
            input[2] == 1 || input[2] == 3,
            input[0] * input[1] * input[2] <= Self.greatestSampleSize
        else { throw Self.wrong("input", "no picture has this size", path: path) }
        return SampleShape(height: input[0], width: input[1], channels: input[2])
    }

    private func imageNormalization(
        channels: Int, path: String
    ) throws(FileError) -> Normalization {
        let constants = try known("normalization", normalization, path: path)
        guard constants.mean.count == channels, constants.std.count == channels else {
            throw Self.wrong(
                "normalization",
                "\(constants.mean.count) means and \(constants.std.count) deviations for "
                    + "\(channels) channels", path: path)
        }
        guard constants.mean.allSatisfy(\.isFinite),
            constants.std.allSatisfy({ $0.isNormal && $0 > 0 })
        else {
            throw Self.wrong(
                "normalization", "a mean is not finite, or a deviation not above 0", path: path)
        }
        return Normalization(mean: constants.mean, standardDeviation: constants.std)
    }

    private func imageTransform(
        to shape: SampleShape, path: String
    ) throws(FileError) -> ImageTransform {
        let steps = try known("transform", transform, path: path)
        guard steps.count <= Self.greatestStepCount else {
            throw Self.wrong("transform", "\(steps.count) steps", path: path)
        }
        do throws(ImpossibleStep) {
            var size = ImageSize()
            let transform = ImageTransform(
                try steps.map { step throws(ImpossibleStep) in
                    let step = try ImageTransform.Step(step, atMost: Self.greatestSide)
                    try size.apply(step)
                    return step
                })
            try size.check(shape)
            return transform
        } catch {
            throw Self.wrong("transform", error.reason, path: path)
        }
    }

    private func known<Value>(
        _ key: String, _ value: Value?, path: String
    ) throws(FileError) -> Value {
        guard let value else {
            throw Self.wrong(
                key, "it is missing", path: path,
                advice: "Name the network, the rule and the data set that the weights are of.")
        }
        return value
    }

    private static func wrong(
        _ key: String, _ reason: String, path: String, advice: String? = nil
    ) -> FileError {
        .malformed(
            path, field: "metadata 'lls.\(key)'", offset: 8, reason,
            advice: advice ?? "A newer version of lls may have written the file.")
    }
}

/// Why a step of a card cannot be done.
private struct ImpossibleStep: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}

extension ImageTransform.Step {
    /// The step that a card describes: only steps without chance are.
    fileprivate init(_ step: ModelCard.Step, atMost greatest: Int) throws(ImpossibleStep) {
        func size(_ name: String, _ value: Int?) throws(ImpossibleStep) -> Int {
            guard let value, (1...greatest).contains(value) else {
                throw ImpossibleStep(
                    "step '\(step.step.legible)' has \(name) \(value.map(String.init) ?? "unset")")
            }
            return value
        }
        switch step.step {
        case "resize": self = .resize(shorterSide: try size("shorterSide", step.shorterSide))
        case "cover":
            self = .cover(
                height: try size("height", step.height), width: try size("width", step.width))
        case "centerCrop":
            // A square has one side.
            self = .centerCrop(
                height: try size("height", step.height ?? step.side),
                width: try size("width", step.width ?? step.side))
        case "randomCrop", "randomResizedCrop", "randomFlip":
            throw ImpossibleStep("step '\(step.step)' is random")
        default: throw ImpossibleStep("unknown step '\(step.step.legible)'")
        }
    }
}

/// What is known of an image's size after some steps, whatever it was at first.
private struct ImageSize {
    /// Its sides are at least this long.
    private var leastHeight = 1, leastWidth = 1
    /// Height and width, if every image has them.
    private var exact: (height: Int, width: Int)?

    mutating func apply(_ step: ImageTransform.Step) throws(ImpossibleStep) {
        switch step {
        case .resize(let side):
            exact = nil
            (leastHeight, leastWidth) = (side, side)
        case .cover(let height, let width):
            exact = nil
            (leastHeight, leastWidth) = (height, width)
        case .centerCrop(let height, let width): try crop(height: height, width: width)
        case .randomCrop, .randomResizedCrop, .randomFlip:
            throw ImpossibleStep("a step is random")
        }
    }

    private mutating func crop(height: Int, width: Int) throws(ImpossibleStep) {
        guard height <= leastHeight, width <= leastWidth else {
            throw ImpossibleStep(
                "\(height) × \(width) pixels are cut out of images that may be smaller")
        }
        (leastHeight, leastWidth) = (height, width)
        exact = (height, width)
    }

    func check(_ shape: SampleShape) throws(ImpossibleStep) {
        if let exact, exact != (shape.height, shape.width) {
            throw ImpossibleStep(
                "it ends with \(exact.height) × \(exact.width) pixels, the network takes "
                    + "\(shape.height) × \(shape.width)")
        }
    }
}
