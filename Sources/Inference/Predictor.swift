import Datasets
import Foundation
import Images
import LocalLearning
import Profiling
import Tensors

/// A network and what prepares pictures for it, on a device. It owns device memory and belongs to one
/// thread at a time; ``Classifier`` is the same for an app.
package final class Predictor {
    package let classes: [String]
    package let preparation: ImagePreparation
    /// Pictures that the network takes at once.
    package let batchSize: Int
    private let network: Network
    private let threads: Int

    /// - Parameters:
    ///   - threads: that decode pictures; all processors by default.
    ///   - load: sets the network's parameters.
    /// - Throws: ``DoesNotFitError`` if the device has no room; what `load` throws.
    package init(
        _ description: NetworkDescription, classes: [String], _ preparation: ImagePreparation,
        batchSize: Int, threads: Int? = nil, on backend: any Backend,
        load: (Network) throws -> Void
    ) throws {
        precondition(
            classes.count == description.classes && batchSize > 0,
            "\(classes.count) names for \(description.classes) classes, batches of \(batchSize)")
        self.classes = classes
        self.preparation = preparation
        self.batchSize = batchSize
        self.threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
        let sample = description.inputShape.count
        try HostMemory.check(
            batchSize.saturatingMultiplied(by: sample.saturatingMultiplied(by: 8)),
            for: "two batches of \(batchSize) pictures")
        try backend.checkRoom(
            for: "\(description.architecture.name) with batches of \(batchSize)",
            advice: "use a smaller batch, or another device"
        ) {
            let network = try Network(
                unset: description, batch: batchSize, forInference: true, on: $0)
            _ = try $0.read(try network.infer(batch: batchSize))
        }
        network = try Network(
            unset: description, batch: batchSize, forInference: true, on: backend)
        try load(network)
    }

    private var sampleSize: Int { preparation.shape.count }

    /// The probabilities of prepared pictures, in their order.
    ///
    /// - Parameter images: `[n, height, width, channels]`, normalised.
    package func predict(_ images: UnsafeBufferPointer<Float>) throws -> [Prediction] {
        precondition(
            images.count % sampleSize == 0,
            "\(images.count) numbers for samples of \(sampleSize)")
        var predictions: [Prediction] = []
        let count = images.count / sampleSize
        for start in stride(from: 0, to: count, by: batchSize) {
            let batch = min(batchSize, count - start)
            let part = images[(start * sampleSize)..<((start + batch) * sampleSize)]
            let logits = try network.backend.read(
                try network.infer(UnsafeBufferPointer(rebasing: part), batch: batch))
            predictions += (0..<batch).map { row in
                let own = logits[(row * classes.count)..<((row + 1) * classes.count)]
                return Prediction(classes, softmax(own))
            }
        }
        return predictions
    }

    /// Pictures in memory, each of any size that the transform takes; throws `ImageError` for the first
    /// that it does not take.
    package func predict(_ pictures: [PixelView], named name: String) throws -> [Prediction] {
        let preparer = PicturePreparer(preparation)
        var predictions: [Prediction] = []
        for start in stride(from: 0, to: pictures.count, by: batchSize) {
            let part = pictures[start..<min(start + batchSize, pictures.count)]
            var images = [Float](repeating: 0, count: part.count * sampleSize)
            try images.withUnsafeMutableBufferPointer { images in
                guard let base = images.baseAddress else { return }
                for (place, picture) in part.enumerated() {
                    try preparer.prepare(
                        picture, from: name, into: base + place * sampleSize)
                }
            }
            predictions += try images.withUnsafeBufferPointer { try predict($0) }
        }
        return predictions
    }

    /// Picture files, batch after batch, in their order; the next batch is decoded meanwhile.
    ///
    /// - Parameter body: called with each batch: what became of each of its files.
    /// - Throws: what the device and `body` throw; a file that is no picture is a result.
    package func predict(
        files paths: [String], _ body: ([PicturePrediction]) throws -> Void
    ) throws {
        let batches = stride(from: 0, to: paths.count, by: batchSize).map {
            paths[$0..<min($0 + batchSize, paths.count)]
        }
        guard let first = batches.first else { return }
        let preparers = (0..<min(threads, first.count)).map { _ in PicturePreparer(preparation) }
        let stages = (0..<2).map { _ in
            PictureStage(preparers, capacity: first.count, sampleSize: sampleSize)
        }
        // A stage may not be given up while threads write into it.
        defer { for stage in stages { stage.wait() } }
        stages[0].begin(first)
        for number in batches.indices {
            let stage = stages[number % 2]
            stage.wait()
            if number + 1 < batches.count { stages[(number + 1) % 2].begin(batches[number + 1]) }
            let predictions = try predict(stage.images)
            try body(
                zip(batches[number], zip(predictions, stage.failures)).map { path, result in
                    PicturePrediction(
                        path: path,
                        result: result.1.map { .failure($0) } ?? .success(result.0))
                })
        }
    }
}
