import Images
import Testing

@Suite struct ResizingTests {
    @Test(arguments: [
        (61, 20), (20, 47), (13, 15), (60, 46), (62, 48), (100, 80), (1, 1), (61, 130), (61, 47),
    ])
    func bytesArePillows(width: Int, height: Int) throws {
        let image = try ImageDecoder().decode(file: fixtures + "/noise.png")
        let resized = PortablePixmap(
            try Resizer().resize(image, height: height, width: width))
        let name = width == 61 && height == 47 ? "noise.ppm" : "noise-\(width)x\(height).ppm"
        let expected = try PortablePixmap(name)
        #expect(resized == expected)
    }

    /// A part of an image is resized as if there were nothing around it.
    @Test func aPartIsAnImage() throws {
        let image = try ImageDecoder().decode(file: fixtures + "/noise.png")
        let part = image.part(top: 5, left: 7, height: 30, width: 40)
        let copy = part.bytes
        let (resizer, other) = (Resizer(), Resizer())
        let expected = try copy.withUnsafeBufferPointer { bytes -> [UInt8] in
            guard let base = bytes.baseAddress else { return [] }
            return try other.resize(
                PixelView(base, height: 30, width: 40, channels: 3), height: 21, width: 64
            ).bytes
        }
        #expect(try resizer.resize(part, height: 21, width: 64).bytes == expected)
        #expect(expected.count == 21 * 64 * 3)
    }

    /// One channel is resized as each of three.
    @Test func channelsAreIndependent() throws {
        let image = try ImageDecoder().decode(file: fixtures + "/noise.png")
        let pixels = image.bytes
        let green = stride(from: 1, to: pixels.count, by: 3).map { pixels[$0] }
        let resized = try green.withUnsafeBufferPointer { bytes -> [UInt8] in
            guard let base = bytes.baseAddress else { return [] }
            return try Resizer().resize(
                PixelView(base, height: 47, width: 61, channels: 1), height: 15, width: 13
            ).bytes
        }
        let expected = try PortablePixmap("noise-13x15.ppm").pixels
        #expect(resized == stride(from: 1, to: expected.count, by: 3).map { expected[$0] })
    }
}
