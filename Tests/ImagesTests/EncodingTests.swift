import Images
import Testing

@Suite struct EncodingTests {
    /// What is encoded decodes to nearly the same: a mean error of some grey levels for smooth colour.
    @Test(arguments: [1, 3]) func decodedPixelsAreNearlyTheSame(channels: Int) throws {
        let (height, width) = (23, 37)
        let pixels = (0..<(height * width * channels)).map { index -> UInt8 in
            let (pixel, channel) = (index / channels, index % channels)
            return UInt8((pixel / width * 6 + pixel % width * 3 + channel * 20) % 256)
        }
        func encoded(_ quality: Int) throws -> [UInt8] {
            try pixels.withUnsafeBufferPointer { pixels in
                let base = try #require(pixels.baseAddress)
                return try JPEGEncoder.encode(
                    PixelView(base, height: height, width: width, channels: channels),
                    quality: quality)
            }
        }
        let image = try ImageDecoder().decode(try encoded(95), path: "new")
        #expect(image.height == height && image.width == width)
        let decoded = image.bytes
        let error = pixels.indices.reduce(0) { sum, index in
            let channel = channels == 3 ? index : 3 * index
            return sum + abs(Int(decoded[channel]) - Int(pixels[index]))
        }
        #expect(error < 4 * pixels.count, "\(error) over \(pixels.count) bytes")
        #expect(try encoded(30).count < encoded(95).count)
        #expect(try encoded(0) == encoded(1) && encoded(1000) == encoded(100))
    }

    /// A part of a larger image, whose rows are not one after the other.
    @Test func aPartIsEncodedAsItsCopy() throws {
        let image = try ImageDecoder().decode(file: fixtures + "/noise.png")
        let part = image.part(top: 5, left: 7, height: 30, width: 40)
        let copy = part.bytes
        let expected = try copy.withUnsafeBufferPointer { bytes in
            let base = try #require(bytes.baseAddress)
            return try JPEGEncoder.encode(PixelView(base, height: 30, width: 40, channels: 3))
        }
        #expect(try JPEGEncoder.encode(part) == expected)
    }

    @Test func tooLongASideIsAnError() throws {
        let pixels = [UInt8](repeating: 0, count: 65_501)
        try pixels.withUnsafeBufferPointer { pixels in
            let base = try #require(pixels.baseAddress)
            let error = try #require(throws: ImageError.self) {
                _ = try JPEGEncoder.encode(
                    PixelView(base, height: 1, width: 65_501, channels: 1))
            }
            #expect(error.reason.contains("65501 × 1"), "\(error)")
        }
    }
}
