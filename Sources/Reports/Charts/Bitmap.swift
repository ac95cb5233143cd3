import Foundation

/// A small picture as a data URI: an uncompressed BMP of 24 bits, which every browser reads and which needs
/// neither a library nor a checksum.
package struct Bitmap {
    let width, height: Int
    /// Red, green and blue from 0 to 1, row by row from the top.
    let pixels: [(red: Float, green: Float, blue: Float)]

    package init(width: Int, height: Int, pixels: [(red: Float, green: Float, blue: Float)]) {
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    package var dataURI: String {
        let row = (width * 3 + 3) / 4 * 4
        let size = 54 + row * height
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        func put(_ value: Int, _ count: Int) {
            for index in 0..<count {
                bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index)))
            }
        }
        bytes += Array("BM".utf8)
        for value in [size, 0, 54, 40, width, height] { put(value, 4) }
        put(1, 2)
        put(24, 2)
        for value in [0, row * height, 2835, 2835, 0, 0] { put(value, 4) }
        // From the bottom to the top.
        for y in (0..<height).reversed() {
            for pixel in pixels[y * width..<(y + 1) * width] {
                bytes += [pixel.blue, pixel.green, pixel.red].map {
                    UInt8((min(max($0, 0), 1) * 255).rounded())
                }
            }
            bytes += [UInt8](repeating: 0, count: row - width * 3)
        }
        return "data:image/bmp;base64," + Data(bytes).base64EncodedString()
    }
}
