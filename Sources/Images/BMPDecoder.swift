/// BMP, read here: no library of Debian's reads it alone (SDL's and ImageMagick's come with much
/// else, and stb_image is not made for hostile files).
enum BMPDecoder {
    static func decode(
        _ bytes: [UInt8], into target: Target
    ) throws(DecodingFailure) -> StoredImage {
        let header = try BMPHeader(bytes)
        let (height, width) = (header.height, header.width)
        let samples = header.bits <= 8 ? try header.indexed() : .rgb
        let isPacked = header.compression == .none || header.compression == .masks
        let rowBytes = (width * header.bits + 7) / 8
        let stride = (width * header.bits + 31) / 32 * 4
        if isPacked {
            // Pillow maps 8-bit pixels into memory, and wants the padding of the last row, too.
            let last = header.bits == 8 ? stride : rowBytes
            guard header.start <= bytes.count,
                bytes.count - header.start >= stride * (height - 1) + last
            else { throw .cutOff }
        }
        let layout = header.bits > 8 ? try layout(header) : nil
        let pixels = try target.room(
            height: height, width: width, bytesPerPixel: header.bits <= 8 ? 1 : 3)
        guard isPacked else {
            try expandRuns(bytes, header, into: pixels)
            return StoredImage(height: height, width: width, samples: samples)
        }
        bytes.withUnsafeBufferPointer { bytes in
            for y in 0..<height {
                var source = header.start + y * stride
                let row = header.isTopDown ? y : height - 1 - y
                guard let layout else {
                    let (perByte, mask) = (8 / header.bits, UInt8((1 << header.bits) - 1))
                    let output = pixels + row * width
                    for x in 0..<width {
                        let shift = (perByte - 1 - x % perByte) * header.bits
                        output[x] = bytes[source + x / perByte] >> shift & mask
                    }
                    continue
                }
                var output = pixels + row * width * 3
                for _ in 0..<width {
                    switch layout {
                    case .bytes(let count, let places):
                        output[0] = bytes[source + places.red]
                        output[1] = bytes[source + places.green]
                        output[2] = bytes[source + places.blue]
                        source += count
                    case .fields(let greenBits):
                        let value = Int(bytes[source]) | Int(bytes[source + 1]) << 8
                        let greens = 1 << greenBits - 1
                        output[0] = UInt8((value >> (5 + greenBits) & 31) * 255 / 31)
                        output[1] = UInt8((value >> 5 & greens) * 255 / greens)
                        output[2] = UInt8((value & 31) * 255 / 31)
                        source += 2
                    }
                    output += 3
                }
            }
        }
        return StoredImage(height: height, width: width, samples: samples)
    }

    /// How colours lie in a pixel without a palette.
    private enum Layout {
        case bytes(count: Int, places: (red: Int, green: Int, blue: Int))
        case fields(greenBits: Int)
    }

    /// The layouts that Pillow knows.
    private static func layout(_ header: BMPHeader) throws(DecodingFailure) -> Layout {
        let count = header.bits / 8
        guard header.compression == .masks else {
            return count == 2 ? .fields(greenBits: 5) : .bytes(count: count, places: (2, 1, 0))
        }
        switch (header.bits, Array(header.masks.prefix(3)), header.masks[3]) {
        case (16, [0x7C00, 0x3E0, 0x1F], _): return .fields(greenBits: 5)
        case (16, [0xF800, 0x7E0, 0x1F], _): return .fields(greenBits: 6)
        case (24, [0xFF0000, 0xFF00, 0xFF], _), (32, [0, 0, 0], 0),
            (32, [0xFF0000, 0xFF00, 0xFF], 0), (32, [0xFF0000, 0xFF00, 0xFF], 0xFF00_0000):
            return .bytes(count: count, places: (2, 1, 0))
        case (32, [0xFF00_0000, 0xFF0000, 0xFF00], 0), (32, [0xFF00_0000, 0xFF0000, 0xFF00], 0xFF):
            return .bytes(count: 4, places: (3, 2, 1))
        case (32, [0xFF00_0000, 0xFF00, 0xFF], 0), (32, [0xFF00_0000, 0xFF00, 0xFF], 0xFF0000):
            return .bytes(count: 4, places: (3, 1, 0))
        case (32, [0xFF, 0xFF00, 0xFF0000], 0xFF00_0000):
            return .bytes(count: 4, places: (0, 1, 2))
        default:
            let masks = header.masks.map { String($0, radix: 16) }.joined(separator: " ")
            throw DecodingFailure("BMP of \(header.bits) bits with masks \(masks) is not supported")
        }
    }
}
