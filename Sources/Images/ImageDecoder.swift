import FileFormats

/// Decodes JPEG, PNG, WebP, BMP, GIF and TIFF to RGB or grey as Pillow's
/// `Image.open(file).convert("RGB")` or `convert("L")` does, byte for byte; of several images in a file
/// the first. What it cannot decode so, it refuses.
///
/// A decoder reuses its memory and belongs to one thread.
public final class ImageDecoder {
    /// Images with more pixels are refused by their header, before memory is taken for them: Pillow's
    /// limit, twice its `MAX_IMAGE_PIXELS`.
    public static let greatestPixelCount = 178_956_970
    /// File name endings, in lower case, of what can be decoded.
    public static let fileExtensions: Set<String> = [
        "jpg", "jpeg", "png", "webp", "bmp", "gif", "tif", "tiff",
    ]

    /// The largest image of eight bytes a pixel that nothing compresses, with room for texts.
    private static let greatestFileSize = 8 * greatestPixelCount + 1 << 26

    /// 3 for red, green and blue, 1 for grey.
    public let channels: Int
    /// Whether an image is turned as its EXIF says, as Pillow's `ImageOps.exif_transpose` does. A TIFF
    /// file is always turned, as Pillow does.
    public let appliesOrientation: Bool

    private let jpeg = JPEGDecoder()
    private let pixels = PixelBuffer()
    private let turned = PixelBuffer()

    /// A decoder to 3 channels or 1. Traps on any other number.
    public init(channels: Int = 3, appliesOrientation: Bool = false) {
        precondition(channels == 3 || channels == 1, "\(channels) channels")
        self.channels = channels
        self.appliesOrientation = appliesOrientation
    }

    /// The image in a file, valid until the next call; throws ``ImageError`` or `FileError`.
    public func decode(file path: String) throws -> PixelView {
        try decode(try readFile(path, limit: Self.greatestFileSize), path: path)
    }

    /// The image in these bytes, valid until the next call. What it is, its first bytes tell, never
    /// its name.
    public func decode(_ bytes: [UInt8], path: String) throws(ImageError) -> PixelView {
        do throws(DecodingFailure) {
            let format = try ImageFormat.of(bytes)
            let image = try decode(bytes, as: format)
            image.convert(to: channels, in: pixels)
            var orientation = image.orientation
            if appliesOrientation, let said = Orientation(of: bytes, format) { orientation = said }
            let view = PixelView(
                pixels, height: image.height, width: image.width, channels: channels)
            return try orientation.turn(view, into: turned)
        } catch {
            throw ImageError(path: path, reason: error.reason)
        }
    }

    private func decode(
        _ bytes: [UInt8], as format: ImageFormat
    ) throws(DecodingFailure) -> StoredImage {
        let target = Target(buffer: pixels, channels: channels)
        return switch format {
        case .jpeg: try jpeg.decode(bytes, into: target)
        case .png: try PNGDecoder.decode(bytes, into: target)
        case .webP: try WebPDecoder.decode(bytes, into: target)
        case .bmp: try BMPDecoder.decode(bytes, into: target)
        case .gif: try GIFDecoder.decode(bytes, into: target)
        case .tiff: try TIFFDecoder.decode(bytes, into: target)
        }
    }
}

/// Why bytes are no image, before anybody says which file they came from.
struct DecodingFailure: Error {
    let reason: String
    /// Whether a library's limit was reached, that is none of ours.
    let isOfLimits: Bool

    init(_ reason: String, isOfLimits: Bool = false) {
        self.reason = reason
        self.isOfLimits = isOfLimits
    }

    static let cutOff = DecodingFailure("it is cut off")

    /// Refuses what the header announces when it is nothing, or too much.
    static func checkSize(width: Int, height: Int) throws(DecodingFailure) {
        guard width > 0, height > 0 else {
            throw DecodingFailure("its header announces \(width) × \(height) pixels")
        }
        let (count, overflow) = width.multipliedReportingOverflow(by: height)
        guard !overflow, count <= ImageDecoder.greatestPixelCount else {
            throw DecodingFailure(
                "its header announces \(width) × \(height) pixels, more than the "
                    + "\(ImageDecoder.greatestPixelCount / 1_000_000) million allowed")
        }
    }
}

/// Where a decoder puts its pixels, and how many channels they become afterwards.
struct Target {
    let buffer: PixelBuffer
    let channels: Int

    /// Room for an image as it is stored and as it is wanted; refused when it is too large.
    func room(
        height: Int, width: Int, bytesPerPixel: Int
    ) throws(DecodingFailure) -> UnsafeMutablePointer<UInt8> {
        try DecodingFailure.checkSize(width: width, height: height)
        return try Images.room(height * width * max(bytesPerPixel, channels), in: buffer)
    }
}

/// Room for so many bytes of pixels: how many an image takes, its file decides.
func room(
    _ byteCount: Int, in buffer: PixelBuffer
) throws(DecodingFailure) -> UnsafeMutablePointer<UInt8> {
    do throws(PixelMemoryError) { return try buffer.reserve(byteCount) } catch {
        throw DecodingFailure(error.description)
    }
}
