import Datasets
import FileFormats
import Foundation

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
        let thumbnails = Thumbnails(split)
        let figures = samples.map { sample in
            """
            <figure>\(picture(sample, thumbnails))
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
            img { width: \(Thumbnails.side)px; image-rendering: pixelated }
            small { color: #666 }
            </style></head><body><h1>\(html(title))</h1>
            <p>Label → prediction, and how likely the network finds each; the worst first.</p><main>
            \(figures.joined(separator: "\n"))
            </main></body></html>

            """
    }

    /// An image that cannot be shown is said to be one: the numbers are right all the same.
    private func picture(_ sample: WorstSample, _ thumbnails: Thumbnails) -> String {
        do {
            let data = try thumbnails.base64JPEG(of: sample.index)
            return "<img src=\"data:image/jpeg;base64,\(data)\" alt=\"\">"
        } catch {
            return "<p>no picture: \(html("\(error)"))</p>"
        }
    }

    private func percent(_ probability: Float) -> String {
        "\((100 * Double(probability)).fixed(2)) %"
    }

    private func html(_ text: String) -> String {
        text.legible.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            .replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
    }
}
