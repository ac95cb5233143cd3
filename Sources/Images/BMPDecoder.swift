/// BMP, read here: no library in Debian reads it alone (SDL's and ImageMagick's come with much else,
/// and stb_image is not made for hostile files).
enum BMPDecoder {
    static func decode(
        _ bytes: [UInt8], into target: Target
    ) throws(DecodingFailure) -> StoredImage {
        let header = try BMPHeader(bytes)
        let (height, width, bits) = (header.height, header.width, header.bits)
        let samples = bits <= 8 ? try header.indexed() : .rgb
        let fields = bits <= 8 ? [] : try header.fields()
        let isPacked = header.compression == .none || header.compression == .masks
        let stride = (width * bits + 31) / 32 * 4
        // Pillow maps 8-bit pixels into memory, and wants the padding of the last row, too.
        let last = bits == 8 ? stride : (width * bits + 7) / 8
        guard header.start <= bytes.count,
            !isPacked || bytes.count - header.start >= stride * (height - 1) + last
        else { throw .cutOff }
        let pixels = try target.room(height: height, width: width, bytesPerPixel: bits <= 8 ? 1 : 3)
        guard isPacked else {
            try expandRuns(bytes, header, into: pixels)
            return StoredImage(height: height, width: width, samples: samples)
        }
        bytes.withUnsafeBufferPointer { bytes in
            for y in 0..<height {
                let (source, row) = (
                    header.start + y * stride, header.isTopDown ? y : height - 1 - y
                )
                for x in 0..<width where bits <= 8 {
                    let place = x * bits
                    let byte = bytes[source + place / 8] << (place % 8)
                    pixels[row * width + x] = byte >> (8 - bits)
                }
                for x in 0..<width where bits > 8 {
                    let (place, output) = (source + x * bits / 8, pixels + (row * width + x) * 3)
                    let value = (0..<(bits / 8)).reduce(0) {
                        $0 | Int(bytes[place + $1]) << (8 * $1)
                    }
                    for (channel, (shift, most)) in fields.enumerated() {
                        let field = value >> shift & most
                        output[channel] = UInt8(most == 255 ? field : field * 255 / most)
                    }
                }
            }
        }
        return StoredImage(height: height, width: width, samples: samples)
    }
}
