/// An image at the start of a buffer, with its pixels as its format stores them.
struct StoredImage {
    /// How 8-bit samples make a pixel.
    enum Samples {
        case grey, rgb
        /// Whether a full byte is no ink, as Adobe writes JPEG.
        case cmyk(isInverted: Bool)
        /// An index into 256 colours of red, green and blue.
        case palette([UInt8])
    }

    let height, width: Int
    let samples: Samples
    /// How the format itself, without EXIF, says that it is to be turned.
    var orientation = Orientation.upright

    /// Makes them pixels of 3 channels or 1, in place, with Pillow's arithmetic; the buffer has room
    /// for the larger of the two.
    func convert(to channels: Int, in buffer: PixelBuffer) {
        let (pixels, count) = (buffer.mutableStart, height * width)
        switch samples {
        case .grey:
            if channels == 3 { Self.look(up: (0..<768).map { UInt8($0 / 3) }, pixels, count) }
        case .palette(let colours):
            if channels == 3 {
                Self.look(up: colours, pixels, count)
            } else {
                let greys = (0..<256).map { index in
                    Self.luminance(
                        colours[3 * index], colours[3 * index + 1], colours[3 * index + 2])
                }
                for pixel in 0..<count { pixels[pixel] = greys[Int(pixels[pixel])] }
            }
        case .rgb, .cmyk:
            if case .cmyk(let isInverted) = samples {
                Self.mixInks(pixels, count, flip: isInverted ? 0 : 255)
            }
            guard channels == 1 else { return }
            for pixel in 0..<count {
                let source = pixels + 3 * pixel
                pixels[pixel] = Self.luminance(source[0], source[1], source[2])
            }
        }
    }

    /// ITU-R 601-2 luma, in 16-bit fixed point.
    private static func luminance(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
        let sum = UInt32(red) &* 19595 &+ UInt32(green) &* 38470 &+ UInt32(blue) &* 7471
        return UInt8(truncatingIfNeeded: (sum &+ 0x8000) >> 16)
    }

    /// Last pixel first, so that none is written over before it is read.
    private static func look(
        up colours: [UInt8], _ pixels: UnsafeMutablePointer<UInt8>, _ count: Int
    ) {
        precondition(colours.count == 768, "\(colours.count) bytes of colours")
        colours.withUnsafeBufferPointer { colours in
            for pixel in stride(from: count - 1, through: 0, by: -1) {
                let (index, target) = (3 * Int(pixels[pixel]), pixels + 3 * pixel)
                for channel in 0..<3 { target[channel] = colours[index + channel] }
            }
        }
    }

    /// Four inks, each of them `flip` for none, become red, green and blue.
    private static func mixInks(
        _ pixels: UnsafeMutablePointer<UInt8>, _ count: Int, flip: UInt8
    ) {
        for pixel in 0..<count {
            let black = Int(pixels[4 * pixel + 3] ^ flip)
            for channel in 0..<3 {
                // Rounded product of two bytes over 255.
                let product = (255 - Int(pixels[4 * pixel + channel] ^ flip)) * black + 128
                let ink = ((product >> 8) + product) >> 8
                pixels[3 * pixel + channel] = UInt8(max(0, black - ink))
            }
        }
    }
}
