import FileFormats
import Foundation
import Images
import TestSupport
import Testing

@Suite(.serialized) struct DecodingTests {
    /// Every image of the committed set, against what Pillow made of it.
    @Test func pixelsArePillows() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: fixtures)
            .filter { ($0.hasSuffix(".jpg") || $0.hasSuffix(".png")) && $0 != "wide.png" }
        #expect(names.count == 28)
        let decoder = ImageDecoder()
        for name in names.sorted() {
            let expected = try PortablePixmap(String(name.dropLast(4)) + ".ppm")
            let image = PortablePixmap(try decoder.decode(file: fixtures + "/" + name))
            #expect(
                image.height == expected.height && image.width == expected.width, "\(name)")
            let wrong = zip(image.pixels, expected.pixels).count { $0 != $1 }
            #expect(wrong == 0, "\(name): \(wrong) of \(expected.pixels.count) bytes differ")
        }
    }

    /// What a file is, its bytes tell, and its name does not.
    @Test func theNameDoesNotMatter() throws {
        let image = try ImageDecoder().decode(try fixture("rgb.png"), path: "n02105855_2933.JPEG")
        #expect(PortablePixmap(image) == (try PortablePixmap("rgb.ppm")))
    }

    @Test func damagedFilesAreTypedErrors() throws {
        let (jpeg, png) = (try fixture("rgb420.jpg"), try fixture("rgb.png"))
        var flipped = png
        flipped[flipped.count / 2] ^= 0x10
        let cases: [(String, [UInt8], mention: String)] = [
            ("empty", [], "empty"),
            ("text", Array("no image".utf8), "not JPEG, PNG, WebP"),
            ("gif", Array("GIF89a".utf8), "cut off"),
            ("three bytes", Array(jpeg.prefix(3)), "header"),
            ("half a JPEG", Array(jpeg.prefix(jpeg.count / 2)), "cut off"),
            ("a JPEG's header", Array(jpeg.prefix(300)), ""),
            ("a JPEG without its end", Array(jpeg.dropLast(40)), "cut off"),
            ("half a progressive JPEG", Array(try fixture("progressive.jpg").prefix(800)), ""),
            ("JPEG of zeros", jpeg.prefix(640) + [UInt8](repeating: 0, count: 2000), ""),
            ("half a PNG", Array(png.prefix(png.count / 2)), "cut off"),
            ("a PNG's signature", Array(png.prefix(8)), "cut off"),
            ("a PNG with a flipped bit", flipped, "damaged"),
        ]
        let decoder = ImageDecoder()
        for (name, bytes, mention) in cases {
            let error = try #require(throws: ImageError.self, "\(name)") {
                _ = try decoder.decode(bytes, path: "some/file.jpg")
            }
            #expect(error.category == .malformedData)
            #expect(error.path == "some/file.jpg" && error.description.contains(error.path))
            #expect(
                mention.isEmpty || error.reason.contains(mention), "\(name): \(error.reason)")
            // The decoder is as good as new afterwards.
            let image = try decoder.decode(jpeg, path: "rgb420.jpg")
            #expect(PortablePixmap(image) == (try PortablePixmap("rgb420.ppm")), "\(name)")
        }
    }

    /// 60,000 × 60,000 pixels in the header of a few kilobytes: refused before memory is taken.
    @Test func hugeImagesAreRefusedByTheirHeader() throws {
        var jpeg = try fixture("rgb420.jpg")
        let start = try #require(
            (0..<jpeg.count).first { jpeg[$0] == 0xFF && jpeg[$0 + 1] == 0xC0 })
        jpeg.replaceSubrange((start + 5)..<(start + 9), with: [0xEA, 0x60, 0xEA, 0x60])
        // A PNG's header, whose check sum is that of 60,000 × 60,000 grey pixels.
        let png: [UInt8] =
            [0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10, 0, 0, 0, 13] + Array("IHDR".utf8)
            + [0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60, 8, 0, 0, 0, 0, 0xA5, 0xB9, 0x2A, 0x9E]
            + [0, 0, 0, 0] + Array("IDAT".utf8) + [0x35, 0xAF, 0x06, 0x1E]
        for bytes in [jpeg, png] {
            let before = try residentPages()
            let error = try #require(throws: ImageError.self) {
                _ = try ImageDecoder().decode(bytes, path: "huge")
            }
            #expect(error.reason.contains("60000 × 60000"), "\(error.reason)")
            // 3.6 billion pixels would be 880,000 pages.
            #expect(try residentPages() - before < 50_000)
        }
    }

    @Test func aMissingFileIsAFileError() {
        #expect(throws: FileError.self) { try ImageDecoder().decode(file: "/no/such.jpg") }
    }

    private func residentPages() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        return try #require(Int(text.split(separator: " ")[1]))
    }

    /// Pillow takes twice its `MAX_IMAGE_PIXELS`, (1 << 30) / 4 / 3, and no more.
    @Test func theGreatestImageIsPillows() throws {
        #expect(ImageDecoder.greatestPixelCount == 2 * ((1 << 30) / 4 / 3))
        // More than 64 million, of a bit each: 8.3 MB of zeros before they are compressed.
        let image = try ImageDecoder().decode(file: fixtures + "/wide.png")
        #expect(image.height == 8192 && image.width == 8192)
        #expect(image.base[0] == 0 && image.base[3 * 8192 * 8192 - 1] == 0)
        var larger = tinyPNG(height: 1, width: 1) { _, _ in (0, 0, 0) }
        let header: [UInt8] = [0x0A, 0xAA, 0xAA, 0xAB, 0, 0, 0, 1, 8, 2, 0, 0, 0]
        larger.replaceSubrange(8..<33, with: pngChunk("IHDR", header))
        let error = try #require(throws: ImageError.self) {
            _ = try ImageDecoder().decode(larger, path: "larger.png")
        }
        #expect(error.reason.contains("178956971 × 1"), "\(error)")
    }

    @Test func anyNumberOfTextsIsTaken() throws {
        let pixel = { (y: Int, x: Int) in (UInt8(y), UInt8(x), UInt8(7)) }
        let plain = try ImageDecoder().decode(
            tinyPNG { y, x in pixel(y, x) }, path: "plain"
        ).bytes
        let bytes = tinyPNG(texts: 5000) { y, x in pixel(y, x) }
        #expect(try ImageDecoder().decode(bytes, path: "texts").bytes == plain)
        var damaged = bytes
        damaged[42] ^= 1  // in the first text
        let error = try #require(throws: ImageError.self) {
            _ = try ImageDecoder().decode(damaged, path: "damaged")
        }
        #expect(error.reason.contains("damaged"), "\(error)")
        #expect(throws: ImageError.self) {
            _ = try ImageDecoder().decode(Array(bytes.dropLast(30)), path: "cut")
        }
    }
}
