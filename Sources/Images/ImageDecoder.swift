import FileFormats

/// Decodes JPEG and PNG to RGB as Pillow's `Image.open(file).convert("RGB")` does, byte for byte.
///
/// A decoder reuses its memory and belongs to one thread.
public final class ImageDecoder {
    /// Images with more pixels are refused by their header, before memory is taken for them: Pillow's
    /// limit, twice its `MAX_IMAGE_PIXELS`.
    public static let greatestPixelCount = 178_956_970
    /// File name endings, in lower case, of what can be decoded.
    public static let fileExtensions: Set<String> = ["jpg", "jpeg", "png"]

    /// The largest image of eight bytes a pixel that nothing compresses, with room for texts.
    private static let greatestFileSize = 8 * greatestPixelCount + 1 << 26

    private let jpeg = JPEGDecoder()
    private let pixels = PixelBuffer()

    public init() {}

    /// The image in a file, valid until the next call; throws ``ImageError`` or `FileError`.
    public func decode(file path: String) throws -> PixelView {
        try decode(try readFile(path, limit: Self.greatestFileSize), path: path)
    }

    /// The image in these bytes, valid until the next call. What it is, its first bytes tell, never
    /// its name.
    public func decode(_ bytes: [UInt8], path: String) throws(ImageError) -> PixelView {
        do throws(DecodingFailure) {
            if bytes.isEmpty { throw DecodingFailure("the file is empty") }
            if bytes.starts(with: JPEGDecoder.signature) {
                return try jpeg.decode(bytes, into: pixels)
            }
            if bytes.starts(with: PNGDecoder.signature) {
                return try PNGDecoder.decode(bytes, into: pixels)
            }
            throw DecodingFailure("it is neither JPEG nor PNG")
        } catch {
            throw ImageError(path: path, reason: error.reason)
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

/// Room for so many bytes of pixels: how many an image takes, its file decides.
func room(
    _ byteCount: Int, in buffer: PixelBuffer
) throws(DecodingFailure) -> UnsafeMutablePointer<UInt8> {
    do throws(PixelMemoryError) { return try buffer.reserve(byteCount) } catch {
        throw DecodingFailure(error.description)
    }
}
