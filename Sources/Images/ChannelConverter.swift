/// Makes grey images of colour and the other way round, as Pillow's `convert("L")` and
/// `convert("RGB")` do.
///
/// A converter reuses its memory and belongs to one thread.
public final class ChannelConverter {
    private let buffer = PixelBuffer()

    public init() {}

    /// The image with 1 or 3 channels, valid until the next call; the image itself if it has as many.
    ///
    /// - Parameter image: grey, grey and alpha, RGB, or RGB and alpha; alpha is left out.
    /// - Precondition: the image has 1 to 4 channels, the result 1 or 3.
    /// - Throws: ``PixelMemoryError``.
    public func convert(
        _ image: PixelView, channels: Int
    ) throws(PixelMemoryError) -> PixelView {
        guard channels != image.channels else { return image }
        precondition(
            (1...4).contains(image.channels) && (channels == 1 || channels == 3),
            "\(image.channels) to \(channels) channels")
        var output = try buffer.reserve(image.height * image.width * channels)
        let isGrey = image.channels < 3
        for y in 0..<image.height {
            var pixel = image.base + y * image.stride
            for _ in 0..<image.width {
                if channels == 3 {
                    output[0] = pixel[0]
                    output[1] = pixel[isGrey ? 0 : 1]
                    output[2] = pixel[isGrey ? 0 : 2]
                } else {
                    output[0] = isGrey ? pixel[0] : luma(pixel)
                }
                pixel += image.channels
                output += channels
            }
        }
        return PixelView(buffer, height: image.height, width: image.width, channels: channels)
    }

    /// ITU-R 601-2 in 16-bit fixed point, rounded.
    private func luma(_ rgb: UnsafePointer<UInt8>) -> UInt8 {
        let sum = UInt32(rgb[0]) * 19_595 + UInt32(rgb[1]) * 38_470 + UInt32(rgb[2]) * 7_471
        return UInt8(truncatingIfNeeded: (sum + 0x8000) >> 16)
    }
}
