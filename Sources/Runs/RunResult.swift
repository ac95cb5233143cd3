import FileFormats
import Foundation

/// How a run ended: `result.json`, and the last line that training prints.
public struct RunResult: Codable, Sendable, Equatable {
    /// Epochs that were completed.
    public var epochs: Int
    /// Percent of the test images.
    public var testTop1: Double
    /// Percent; nil for five classes or fewer.
    public var testTop5: Double?
    /// Mean cross-entropy of the test images.
    public var testLoss: Double
    public var imagesPerSecond: Double
    /// Greatest device memory in use at any time.
    public var peakBytes: Int
    /// Images that were left out because they cannot be decoded; nil where none was to be.
    public var skippedImages: Int?
    /// Path of the run folder.
    public var run: String

    public init(
        epochs: Int, testTop1: Double, testTop5: Double?, testLoss: Double,
        imagesPerSecond: Double, peakBytes: Int, skippedImages: Int? = nil, run: String
    ) {
        self.epochs = epochs
        self.testTop1 = testTop1
        self.testTop5 = testTop5
        self.testLoss = testLoss
        self.imagesPerSecond = imagesPerSecond
        self.peakBytes = peakBytes
        self.skippedImages = skippedImages
        self.run = run
    }

    enum CodingKeys: String, CodingKey {
        case epochs
        case testTop1 = "test_top1"
        case testTop5 = "test_top5"
        case testLoss = "test_loss"
        case imagesPerSecond = "images_per_second"
        case peakBytes = "peak_bytes"
        case skippedImages = "skipped_images"
        case run
    }

    /// `result epochs=5 test_top1=88.94 …`, with the keys of the JSON object.
    public var line: String {
        func rounded(_ value: Double, _ digits: Int) -> String {
            String(format: "%.\(digits)f", value)
        }
        var words = ["result", "epochs=\(epochs)", "test_top1=\(rounded(testTop1, 2))"]
        if let testTop5 { words.append("test_top5=\(rounded(testTop5, 2))") }
        words += [
            "test_loss=\(rounded(testLoss, 4))", "images_per_second=\(rounded(imagesPerSecond, 0))",
            "peak_bytes=\(peakBytes)",
        ]
        if let skippedImages { words.append("skipped_images=\(skippedImages)") }
        words.append("run=\(run.legible)")
        return words.joined(separator: " ")
    }

    /// The JSON object, on one line.
    public func json() throws -> String { try JSONText.line(self) }
}
