import Foundation
import Images
import Testing

let fixtures = Bundle.module.bundlePath + "/Fixtures"

/// Bytes of a file beside the tests.
func fixture(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: fixtures + "/" + name)))
}

/// RGB pixels, as the simplest of image formats holds them: `P6 WIDTH HEIGHT 255`.
struct PortablePixmap: Equatable {
    let width, height: Int
    let pixels: [UInt8]

    init(_ name: String) throws {
        let bytes = try fixture(name)
        let end = try #require(bytes.firstIndex(of: 10))
        let words = String(decoding: bytes[..<end], as: UTF8.self).split(separator: " ")
        width = try #require(Int(words[1]))
        height = try #require(Int(words[2]))
        pixels = Array(bytes[(end + 1)...])
    }

    init(_ image: PixelView) {
        width = image.width
        height = image.height
        pixels = image.bytes
    }
}
