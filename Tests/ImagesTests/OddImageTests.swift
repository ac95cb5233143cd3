import FileFormats
import Foundation
import Images
import Testing

/// Odd pictures of every format, and what Pillow made of them (`Tests/Fixtures/make_odd_images.py`).
@Suite struct OddImageTests {
    /// Of one picture: Pillow's digests, or its refusal; and why we refuse what Pillow takes.
    struct Entry: Decodable {
        let width, height: Int?
        let rgb, l, turned: String?
        let pillow, refused: String?
    }

    private static let folder = fixtures + "/odd"

    private static func entries() throws -> [(name: String, entry: Entry)] {
        let data = try Data(contentsOf: URL(filePath: folder + "/odd.json"))
        let entries = try JSONDecoder().decode([String: Entry].self, from: data)
        return entries.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Equal bytes, or a refusal by name: never a silent difference.
    @Test func everyPictureIsPillowsOrRefused() throws {
        let entries = try Self.entries()
        #expect(entries.count == 314)
        let decoders = [
            ("rgb", ImageDecoder()), ("l", ImageDecoder(channels: 1)),
            ("turned", ImageDecoder(appliesOrientation: true)),
        ]
        var equal = 0
        for (name, entry) in entries {
            let bytes = try fixture("odd/" + name)
            let digests = ["rgb": entry.rgb, "l": entry.l, "turned": entry.turned]
            for (kind, decoder) in decoders {
                let expectation = entry.refused ?? entry.pillow
                do {
                    let image = try decoder.decode(bytes, path: name)
                    #expect(
                        expectation == nil,
                        "\(name) as \(kind) is decoded, but: \(expectation ?? "")")
                    #expect(image.channels == decoder.channels)
                    #expect(digest(image) == digests[kind] ?? "none", "\(name) as \(kind) differs")
                    equal += 1
                } catch {
                    let isNamed =
                        entry.pillow != nil
                        || entry.refused.map { error.reason.contains($0) } ?? false
                    #expect(isNamed, "\(name) as \(kind): \(error.reason)")
                    #expect(error.path == name && error.reason.count > 8)
                }
            }
        }
        #expect(equal == 765)
    }

    /// Whatever the length of a file: Pillow's pixels, or a refusal, and never a crash.
    @Test(arguments: [
        "sampling2.jpg", "rgba16-interlaced.png", "lossy-alpha.webp", "animated.webp",
        "interlaced.gif", "rle8-delta.bmp", "rgb565.bmp", "rgb-jpeg.tif",
        "planar-tiled-deflate.tif",
        "bilevel-group3.tif", "exif-later.jpg",
    ]) func everyBeginningIsRefusedOrWhole(name: String) throws {
        let bytes = try fixture("odd/" + name)
        let decoder = ImageDecoder(appliesOrientation: true)
        let whole = try decoder.decode(bytes, path: name).bytes
        for count in stride(from: 0, to: bytes.count, by: 1 + bytes.count / 250) {
            do {
                let part = try decoder.decode(Array(bytes.prefix(count)), path: name)
                #expect(part.bytes == whole, "\(count) of \(bytes.count) bytes of \(name)")
            } catch {
                #expect(!error.reason.isEmpty)
            }
        }
    }

    /// Refusals say what a file is, and what is wrong with it.
    @Test(arguments: [
        ("heic.jpg", "it is HEIC, which is not supported: convert it to JPEG"),
        ("avif.png", "it is AVIF, which is not supported: convert it to JPEG"),
        ("empty.jpg", "the file is empty"), ("text.tif", "it is not JPEG, PNG, WebP"),
        ("half-lossy.webp", "it is cut off"), ("half.gif", "it is cut off"),
        ("half.bmp", "it is cut off"), ("half-rgb-raw.tif", "it is cut off"),
        ("half-pixels.tif", "it is cut off"), ("huge.bmp", "60000 × 60000"),
        ("huge.tif", "60000 × 60000"), ("huge-tile.tif", "tiles of 60000 × 60000"),
        ("float.tif", "floating-point samples is not supported"),
        ("lab-raw.tif", "CIE L*a*b* colours is not supported"), ("jpeg.bmp", "compression 4"),
        ("bits2.bmp", "2 bits"), ("rgb444.bmp", "masks f00 f0 f"),
        ("outside.webp", "damaged"), ("no-frame.gif", "damaged"),
    ]) func refusalsAreNamed(name: String, reason: String) throws {
        let error = try #require(throws: ImageError.self) {
            _ = try ImageDecoder().decode(try fixture("odd/" + name), path: name)
        }
        #expect(error.reason.contains(reason), "\(error.reason)")
    }

    /// A decoder that is used for one format after another gives what a new one gives.
    @Test func memoryIsReused() throws {
        let decoder = ImageDecoder(appliesOrientation: true)
        for name in [
            "turned6.jpg", "grey.webp", "turned8.tif", "offset.gif", "rle4.bmp", "half.gif",
        ] {
            for _ in 0..<2 {
                let bytes = try fixture("odd/" + name)
                let fresh = ImageDecoder(appliesOrientation: true)
                let expected = try? fresh.decode(bytes, path: name).bytes
                let again = try? decoder.decode(bytes, path: name).bytes
                #expect(again == expected)
            }
        }
    }

    private func digest(_ image: PixelView) -> String? {
        var hash = SHA256()
        image.bytes.withUnsafeBytes { hash.update($0) }
        return hash.hexadecimal()
    }
}
