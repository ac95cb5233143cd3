import Foundation
import Images

/// How a picture becomes what a network sees: as the test images of a data set do.
public struct ImagePreparation: Sendable, Equatable {
    /// Of a prepared sample.
    public let shape: SampleShape
    /// What happens before the normalisation.
    public let transform: ImageTransform
    /// One constant for each channel.
    public let normalization: Normalization

    /// Whether pictures are turned as their EXIF orientation says.
    public let appliesOrientation: Bool

    /// - Precondition: the transform is not random, and there is a mean for each channel; there are 1
    ///   or 3 channels.
    public init(
        shape: SampleShape, transform: ImageTransform, normalization: Normalization,
        appliesOrientation: Bool = false
    ) {
        precondition(!transform.isRandom, "a random transform of pictures to be classified")
        precondition(
            normalization.mean.count == shape.channels,
            "\(normalization.mean.count) means for \(shape.channels) channels")
        self.shape = shape
        self.transform = transform
        self.normalization = normalization
        self.appliesOrientation = appliesOrientation
    }

    /// How the test images of a data set are prepared.
    public init(_ dataset: ImageDataset) {
        self.init(
            shape: dataset.shape, transform: dataset.testing, normalization: dataset.normalization,
            appliesOrientation: dataset.appliesOrientation)
    }

    /// The same, for pictures of any size: where the transform leaves the size as it is, the picture is
    /// resized and its middle is cut out, which changes no byte of a picture of the right size.
    public var fittingAnySize: ImagePreparation {
        guard transform.steps.isEmpty else { return self }
        let fitting = ImageTransform([
            .cover(height: shape.height, width: shape.width),
            .centerCrop(height: shape.height, width: shape.width),
        ])
        return ImagePreparation(
            shape: shape, transform: fitting, normalization: normalization,
            appliesOrientation: appliesOrientation)
    }
}

extension ImageDataset {
    /// The same images for a network that takes them in this way; nothing random happens to them.
    public func prepared(as preparation: ImagePreparation) -> ImageDataset {
        var dataset = self
        dataset.shape = preparation.shape
        (dataset.training, dataset.testing) = (preparation.transform, preparation.transform)
        dataset.normalization = preparation.normalization
        dataset.appliesOrientation = preparation.appliesOrientation
        return dataset
    }
}

/// Prepares pictures that belong to no data set. Reuses its memory; belongs to one thread.
public final class PicturePreparer {
    private let decoder: ImageDecoder
    private let preparer: SamplePreparer

    /// Takes no memory for pictures yet.
    public init(_ preparation: ImagePreparation) {
        decoder = ImageDecoder(
            channels: preparation.shape.channels,
            appliesOrientation: preparation.appliesOrientation)
        preparer = SamplePreparer(
            ImageSplit(files: [], labels: []), shape: preparation.shape,
            transform: preparation.transform, normalization: preparation.normalization,
            appliesOrientation: preparation.appliesOrientation)
    }

    /// Decodes a file and prepares it: writes `[height, width, channels]` of the sample's shape.
    ///
    /// - Throws: `ImageError` or `FileError` for a file that is no sound picture, or whose size the
    ///   transform does not turn into the sample's.
    public func prepare(file path: String, into output: UnsafeMutablePointer<Float>) throws {
        try prepare(try decoder.decode(file: path), from: path, into: output)
    }

    /// Prepares pixels of 1 to 4 channels: grey, grey and alpha, RGB, or RGB and alpha. They are
    /// converted to the sample's channels as Pillow's `convert("L")` and `convert("RGB")` do.
    ///
    /// - Parameter name: of the picture, for the error.
    /// - Throws: `ImageError` for pixels that the transform does not turn into a sample.
    public func prepare(
        _ image: PixelView, from name: String, into output: UnsafeMutablePointer<Float>
    ) throws {
        guard (1...4).contains(image.channels) else {
            throw ImageError(path: name, reason: "it has \(image.channels) channels")
        }
        try preparer.prepare(image, of: 0, from: name, nil, into: output)
    }
}
