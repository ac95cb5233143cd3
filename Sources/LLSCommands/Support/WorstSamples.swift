import Datasets
import FileFormats
import Foundation
import Images

/// A sample that the network is most wrong about.
struct WorstSample: Encodable {
    /// Of the file; for images in memory the place in the split.
    let path: String
    /// The place in the split.
    let index: Int
    /// The label, and how likely the network finds it.
    let `class`: String
    let classProbability: Float
    /// The likeliest class.
    let predicted: String
    let probability: Float
    /// The cross-entropy with the label.
    let loss: Double

    private enum CodingKeys: String, CodingKey {
        case path, index, `class`, predicted, probability, loss
        case classProbability = "class_probability"
    }

    init(_ sample: EvaluationRecord.Sample, index: Int, in split: ImageSplit, _ names: [String]) {
        self.index = index
        path =
            switch split.images {
            case .files(let paths): paths[index]
            case .pixels: "\(index)"
            }
        `class` = names[Int(sample.label)]
        classProbability = sample.labelProbability
        predicted = names[Int(sample.predicted)]
        probability = sample.probability
        loss = sample.loss
    }
}

/// A folder with the worst samples to look at: `worst.html`, which holds their pictures, and `worst.csv`.
struct ContactSheet {
    let samples: [WorstSample]
    let split: ImageSplit

    /// Pixels of a thumbnail's longer side at most.
    private static let side = 160

    /// Throws `FileError` if the folder or a file cannot be written.
    func write(to folder: String, title: String) throws {
        try FileSystem.makeFolders(folder)
        try AtomicFile.write(table.pathBytes, to: folder.appending(pathPart: "worst.csv"))
        try AtomicFile.write(
            page(title).pathBytes, to: folder.appending(pathPart: "worst.html"))
    }

    private var table: String {
        let head = [
            "path", "index", "class", "class_probability", "predicted", "probability", "loss",
        ]
        let rows = samples.map {
            [
                $0.path, "\($0.index)", $0.class, "\($0.classProbability)", $0.predicted,
                "\($0.probability)", "\($0.loss)",
            ]
        }
        return ([head] + rows).map { CSV.row($0) + "\n" }.joined()
    }

    private func page(_ title: String) -> String {
        let decoder = ImageDecoder(appliesOrientation: true)
        let resizer = Resizer()
        let figures = samples.map { sample in
            """
            <figure>\(picture(sample, decoder, resizer))
            <figcaption><b>\(html(sample.class)) → \(html(sample.predicted))</b><br>
            \(percent(sample.classProbability)) → \(percent(sample.probability))<br>
            <small>\(html(sample.path))</small></figcaption></figure>
            """
        }
        return """
            <!DOCTYPE html>
            <html><head><meta charset="utf-8"><title>\(html(title))</title><style>
            body { font: 14px sans-serif; margin: 1em }
            main { display: grid; grid-template-columns: repeat(auto-fill, 190px); gap: 1em }
            figure { margin: 0; overflow-wrap: anywhere }
            img { width: \(Self.side)px; image-rendering: pixelated }
            small { color: #666 }
            </style></head><body><h1>\(html(title))</h1>
            <p>Label → prediction, and how likely the network finds each; the worst first.</p><main>
            \(figures.joined(separator: "\n"))
            </main></body></html>

            """
    }

    /// An image that cannot be shown is said to be one: the numbers are right all the same.
    private func picture(
        _ sample: WorstSample, _ decoder: ImageDecoder, _ resizer: Resizer
    ) -> String {
        do {
            let jpeg = try JPEGEncoder.encode(try thumbnail(sample, decoder, resizer), quality: 85)
            let data = Data(jpeg).base64EncodedString()
            return "<img src=\"data:image/jpeg;base64,\(data)\" alt=\"\">"
        } catch {
            return "<p>no picture: \(html("\(error)"))</p>"
        }
    }

    /// Never larger than the image itself.
    private func thumbnail(
        _ sample: WorstSample, _ decoder: ImageDecoder, _ resizer: Resizer
    ) throws -> PixelView {
        switch split.images {
        case .files(let paths):
            return try small(try decoder.decode(file: paths[sample.index]), resizer)
        case .pixels(let array):
            return try array.bytes.withUnsafeBufferPointer { bytes in
                let start = sample.index * array.imageSize
                let pixels = bytes[start..<(start + array.imageSize)]
                guard let base = UnsafeBufferPointer(rebasing: pixels).baseAddress else {
                    throw ImageError(path: sample.path, reason: "it has no pixels")
                }
                // The array outlives the view: the split holds it.
                return try small(
                    PixelView(
                        base, height: array.height, width: array.width, channels: array.channels),
                    resizer)
            }
        }
    }

    private func small(_ image: PixelView, _ resizer: Resizer) throws -> PixelView {
        guard image.channels == 1 || image.channels == 3 else {
            throw ImageError(path: "an image", reason: "it has \(image.channels) channels")
        }
        let longer = max(image.height, image.width)
        guard longer > Self.side else { return image }
        func scaled(_ length: Int) -> Int { max(1, length * Self.side / longer) }
        return try resizer.resize(
            image, height: scaled(image.height), width: scaled(image.width))
    }

    private func percent(_ probability: Float) -> String {
        "\((100 * Double(probability)).fixed(2)) %"
    }

    private func html(_ text: String) -> String {
        text.legible.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            .replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
    }
}
