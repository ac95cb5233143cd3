import FileFormats
import Foundation
import Images
import Runs
import TestSupport

/// The folder of a run that looks trained, of any length.
struct SampleRun {
    let folder: RunFolder

    /// - Parameters:
    ///   - steps: records within each epoch.
    ///   - evaluation: nil leaves it out.
    init(
        in runs: TemporaryFolder, name: String = "sample", epochs: Int = 6, blocks: Int = 4,
        steps: Int = 20, configuration: RunConfiguration = .init(),
        evaluation: RunEvaluation? = SampleRun.evaluation(classes: 10)
    ) throws {
        var configuration = configuration
        configuration.epochs = epochs
        folder = try RunFolder.create(
            name: name, in: runs.path, configuration: configuration,
            arguments: ["lls", "train", "--epochs", "\(epochs)"])
        var lines = ""
        for epoch in 1...max(1, epochs) where epochs > 0 {
            let loss = 0.3 + 2 / Double(epoch)
            let losses = Dictionary(
                uniqueKeysWithValues: (1...blocks).map { ("conv_block\($0)", loss + Double($0)) })
            for step in 0..<steps {
                lines += try Self.line(
                    MetricsRecord(
                        epoch: epoch, step: (epoch - 1) * (steps + 1) + step + 1, split: .train,
                        steps: 1, loss: loss + Double(step % 3) / 10, top1: 90 - 60 / Double(epoch),
                        learningRate: 5e-3 / Double(epoch), seconds: Double(epoch),
                        blockLosses: losses))
            }
            lines += try Self.line(
                MetricsRecord(
                    epoch: epoch, step: epoch * (steps + 1), split: .train, loss: loss,
                    top1: 92 - 60 / Double(epoch), learningRate: 5e-3 / Double(epoch),
                    imagesPerSecond: 4000 + Double(epoch % 5) * 100, seconds: Double(epoch),
                    peakBytes: 32_800_000, blockLosses: losses))
            lines += try Self.line(
                MetricsRecord(
                    epoch: epoch, step: epoch * (steps + 1), split: .test, loss: loss + 0.1,
                    top1: 90 - 50 / Double(epoch), top5: 99, seconds: Double(epoch) + 0.2))
        }
        try AtomicFile.write(lines.utf8, to: folder.metricsFile)
        try AtomicFile.write(Self.environment.utf8, to: folder.environmentFile)
        if let evaluation { try folder.write(evaluation: evaluation) }
        try folder.write(
            outcome: RunOutcome(
                .completed,
                result: RunResult(
                    epochs: epochs, testTop1: 90 - 50 / Double(epochs), testTop5: 99,
                    testLoss: 0.4, imagesPerSecond: 4123, peakBytes: 32_800_000, run: folder.path),
                run: folder.path))
    }

    private static func line(_ record: MetricsRecord) throws -> String {
        try JSONText.line(record) + "\n"
    }

    private static let environment = """
        {"lls": "0.1.0", "commit": "0123456789ab", "date": "2026-11-30T19:58:41Z", "backend": "CPU",
         "system": "Debian", "processors": 2, "libraries": {"OpenBLAS": "0.3.21"},
         "data_fingerprint": "sha256:00ff", "planned_bytes": 32900000,
         "planned_activation_bytes": 20000000}
        """

    static func evaluation(classes count: Int, pictures: Int = 12) -> RunEvaluation {
        let classes = (0..<count).map { "class \($0)" }
        let confusion = (0..<count).map { row in
            (0..<count).map { $0 == row ? 80 : (row * 7 + $0 * 3) % 5 }
        }
        return RunEvaluation(
            epoch: 6, classes: classes, confusion: confusion,
            mistakes: (0..<20).map {
                .init(
                    class: classes[$0 % count], predicted: classes[($0 + 1) % count],
                    count: 40 - $0)
            },
            worst: (0..<pictures).map {
                .init(
                    path: "\($0)", index: $0, class: classes[$0 % count], classProbability: 0.01,
                    predicted: classes[($0 + 3) % count], probability: 0.97, loss: 5,
                    picture: jpeg($0))
            },
            filters: .init(
                layer: "conv_block1.block.conv", height: 3, width: 3, channels: 1,
                values: (0..<32).map { filter in
                    (0..<9).map { Float(($0 * filter) % 7) / 7 - 0.4 }
                }))
    }

    /// A small picture in base64.
    static func jpeg(_ seed: Int, side: Int = 28) -> String? {
        let pixels = (0..<side * side).map { UInt8(truncatingIfNeeded: ($0 * (seed + 3)) % 251) }
        let bytes = pixels.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.flatMap { base in
                try? JPEGEncoder.encode(
                    PixelView(base, height: side, width: side, channels: 1), quality: 85)
            }
        }
        return bytes.map { Data($0).base64EncodedString() }
    }
}
