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

    /// - Precondition: the transform is not random, and there is a mean for each channel.
    public init(shape: SampleShape, transform: ImageTransform, normalization: Normalization) {
        precondition(!transform.isRandom, "a random transform of pictures to be classified")
        precondition(
            normalization.mean.count == shape.channels,
            "\(normalization.mean.count) means for \(shape.channels) channels")
        self.shape = shape
        self.transform = transform
        self.normalization = normalization
    }

    /// How the test images of a data set are prepared.
    public init(_ dataset: ImageDataset) {
        self.init(
            shape: dataset.shape, transform: dataset.testing, normalization: dataset.normalization)
    }

    /// The same, for pictures of any size: where the transform leaves the size as it is, the picture is
    /// resized and its middle is cut out, which changes no byte of a picture of the right size. Nil if
    /// the sample is no square.
    public var fittingAnySize: ImagePreparation? {
        guard transform.steps.isEmpty else { return self }
        guard shape.height == shape.width else { return nil }
        let fitting = ImageTransform([
            .resize(shorterSide: shape.height), .centerCrop(side: shape.height),
        ])
        return ImagePreparation(shape: shape, transform: fitting, normalization: normalization)
    }
}

/// Prepares pictures that belong to no data set. Reuses its memory; belongs to one thread.
public final class PicturePreparer {
    private let channels: Int
    private let decoder = ImageDecoder()
    private let preparer: SamplePreparer
    private var converted: UnsafeMutablePointer<UInt8>?
    private var capacity = 0

    /// Takes no memory for pictures yet.
    public init(_ preparation: ImagePreparation) {
        channels = preparation.shape.channels
        preparer = SamplePreparer(
            ImageSplit(files: [], labels: []), shape: preparation.shape,
            transform: preparation.transform, normalization: preparation.normalization)
    }

    deinit { free(converted) }

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
        try preparer.prepare(try convert(image, from: name), of: 0, from: name, nil, into: output)
    }

    private func convert(_ image: PixelView, from name: String) throws(ImageError) -> PixelView {
        guard image.channels != channels else { return image }
        guard (1...4).contains(image.channels), channels == 1 || channels == 3 else {
            throw ImageError(
                path: name,
                reason: "its \(image.channels) channels cannot be converted to \(channels)")
        }
        let target = try room(image.height * image.width * channels, from: name)
        let isGrey = image.channels < 3
        var output = target
        for y in 0..<image.height {
            var pixel = image.base + y * image.stride
            for _ in 0..<image.width {
                if channels == 3 {
                    output[0] = pixel[0]
                    output[1] = pixel[isGrey ? 0 : 1]
                    output[2] = pixel[isGrey ? 0 : 2]
                } else {
                    output[0] = isGrey ? pixel[0] : Self.luma(pixel)
                }
                pixel += image.channels
                output += channels
            }
        }
        return PixelView(
            target, height: image.height, width: image.width, channels: channels)
    }

    /// ITU-R 601-2 in 16-bit fixed point, as Pillow's.
    private static func luma(_ rgb: UnsafePointer<UInt8>) -> UInt8 {
        let sum = UInt32(rgb[0]) * 19595 + UInt32(rgb[1]) * 38470 + UInt32(rgb[2]) * 7471
        return UInt8(truncatingIfNeeded: (sum + 0x8000) >> 16)
    }

    /// How many pixels there are, a file decides.
    private func room(
        _ count: Int, from name: String
    ) throws(ImageError) -> UnsafeMutablePointer<UInt8> {
        if let converted, capacity >= count { return converted }
        guard let memory = malloc(count) else {
            throw ImageError(path: name, reason: "out of memory: its pixels have \(count) bytes")
        }
        free(converted)
        let grown = memory.bindMemory(to: UInt8.self, capacity: count)
        converted = grown
        capacity = count
        return grown
    }
}
