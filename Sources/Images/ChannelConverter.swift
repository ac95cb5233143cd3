/// Makes grey images of colour and the other way round, as Pillow's `convert("L")` and
/// `convert("RGB")` do.
///
/// A converter reuses its memory and belongs to one thread.
public final class ChannelConverter {
    private let buffer = PixelBuffer()

    public init() {}

    /// The image with 1 or 3 channels, valid until the next call; the image itself if it has as many.
    ///
    /// - Precondition: image and result have 1 or 3 channels.
    /// - Throws: ``PixelMemoryError``.
    public func convert(
        _ image: PixelView, channels: Int
    ) throws(PixelMemoryError) -> PixelView {
        guard channels != image.channels else { return image }
        precondition(
            Set([channels, image.channels]) == [1, 3], "\(image.channels) to \(channels) channels")
        let output = try buffer.reserve(image.height * image.width * channels)
        for y in 0..<image.height {
            let row = image.base + y * image.stride
            let target = output + y * image.width * channels
            for x in 0..<image.width {
                if channels == 3 {
                    for channel in 0..<3 { target[3 * x + channel] = row[x] }
                } else {
                    // ITU-R 601-2 luma in 16-bit fixed point, rounded.
                    let (red, green, blue) = (row[3 * x], row[3 * x + 1], row[3 * x + 2])
                    let luma = Int(red) * 19_595 + Int(green) * 38_470 + Int(blue) * 7_471
                    target[x] = UInt8((luma + 0x8000) >> 16)
                }
            }
        }
        return PixelView(buffer, height: image.height, width: image.width, channels: channels)
    }
}
