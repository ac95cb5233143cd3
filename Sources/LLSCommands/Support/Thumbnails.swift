import Datasets
import Foundation
import Images

/// Small pictures of the samples of a split, as pages show them.
struct Thumbnails {
    /// Pixels of the longer side at most.
    static let side = 160

    private let split: ImageSplit
    private let decoder = ImageDecoder(appliesOrientation: true)
    private let resizer = Resizer()

    init(_ split: ImageSplit) { self.split = split }

    /// A JPEG, never larger than the image itself.
    ///
    /// - Throws: `ImageError` or `FileError` if it cannot be shown.
    func base64JPEG(of index: Int) throws -> String {
        Data(try JPEGEncoder.encode(try pixels(of: index), quality: 85)).base64EncodedString()
    }

    private func pixels(of index: Int) throws -> PixelView {
        switch split.images {
        case .files(let paths): return try small(try decoder.decode(file: paths[index]))
        case .pixels(let array):
            return try array.bytes.withUnsafeBufferPointer { bytes in
                let start = index * array.imageSize
                let pixels = bytes[start..<(start + array.imageSize)]
                guard let base = UnsafeBufferPointer(rebasing: pixels).baseAddress else {
                    throw ImageError(path: "image \(index)", reason: "it has no pixels")
                }
                // The array outlives the view: the split holds it.
                return try small(
                    PixelView(
                        base, height: array.height, width: array.width, channels: array.channels))
            }
        }
    }

    private func small(_ image: PixelView) throws -> PixelView {
        guard image.channels == 1 || image.channels == 3 else {
            throw ImageError(path: "an image", reason: "it has \(image.channels) channels")
        }
        let longer = max(image.height, image.width)
        guard longer > Self.side else { return image }
        func scaled(_ length: Int) -> Int { max(1, length * Self.side / longer) }
        return try resizer.resize(
            image, height: scaled(image.height), width: scaled(image.width))
    }
}
