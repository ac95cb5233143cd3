import Checkpoints
import FileFormats
import Foundation
import LocalLearning
import Runs

/// Keeps the folder of a run while it trains, and says there how it ended, however that was.
final class RunRecorder {
    let folder: RunFolder
    private let log: AppendOnlyFile
    private let metrics: MetricsLog
    private let configuration: RunConfiguration
    private let lossNames: [String]
    private let start = Date()
    /// Of the parts of the run before this process.
    private let secondsBefore: Double

    /// The last epoch whose weights were saved.
    private var last: CompletedEpoch?
    private(set) var totals = RunTotals()
    /// The best test accuracy so far, in percent, and whether its weights are kept.
    var best = -1.0
    var savesBest = false
    private var peakBytes = 0
    private let skippedImages: Int?

    /// What is known of a completed epoch.
    private struct CompletedEpoch {
        let epoch: Int
        let top1: Double
        let top5: Double?
        let loss: Double
    }

    /// - Parameters:
    ///   - lines: what the log begins with.
    ///   - checkpoint: from which a run goes on; what was measured after it is dropped.
    init(
        _ folder: RunFolder, _ configuration: RunConfiguration, lossNames: [String],
        lines: [String], skippedImages: Int?, from checkpoint: Checkpoint? = nil
    ) throws {
        self.folder = folder
        self.configuration = configuration
        self.lossNames = lossNames
        self.skippedImages = skippedImages
        log = try folder.log()
        secondsBefore = checkpoint?.run["elapsed"] ?? 0
        metrics = try MetricsLog(
            folder, keepingThroughEpoch: checkpoint.map { $0.position.epoch - 1 } ?? .max)
        if let checkpoint {
            totals = RunTotals(checkpoint.run)
            best = checkpoint.run["best"] ?? best
            savesBest = checkpoint.run["saves_best"] == 1
            let test = try MetricsLog.records(of: folder).last { $0.split == .test }
            last = test.map {
                CompletedEpoch(epoch: $0.epoch, top1: $0.top1 ?? 0, top5: $0.top5, loss: $0.loss)
            }
        }
        for line in lines { try log.append(line: line) }
    }

    /// Notes an epoch once `save` has written its weights: the metrics never name an epoch that the
    /// weights are not of, or not yet.
    ///
    /// - Parameter save: called with the steps of the run so far.
    func note(
        _ report: EpochReport, peakBytes: Int, save: (_ step: Int) throws -> Void
    ) throws {
        totals.add(report)
        self.peakBytes = peakBytes
        try save(totals.steps)
        last = CompletedEpoch(
            epoch: report.epoch, top1: report.test.top1, top5: report.test.top5,
            loss: report.test.loss)
        for record in records(report) { try metrics.append(record) }
        try log.append(line: ProgressReporter.summary(report, epochs: configuration.epochs))
    }

    /// Writes `metrics.csv`, `result.json` and the log's last line.
    ///
    /// - Returns: what the last epoch reached; nil if none was completed.
    @discardableResult
    func finish(_ status: RunOutcome.Status, reason: String? = nil) throws -> RunResult? {
        let result = last.map { last in
            RunResult(
                epochs: last.epoch, testTop1: last.top1, testTop5: last.top5, testLoss: last.loss,
                imagesPerSecond: totals.imagesPerSecond,
                peakBytes: peakBytes, skippedImages: skippedImages, run: folder.path)
        }
        for line in (reason ?? "").split(separator: "\n") {
            try log.append(line: "\(status.rawValue): \(line)")
        }
        try folder.write(
            outcome: RunOutcome(status, reason: reason, result: result, run: folder.path))
        try metrics.writeTable()
        if reason == nil { try log.append(line: status.rawValue) }
        return result
    }

    private var elapsed: Double { secondsBefore + Date().timeIntervalSince(start) }

    /// What a run that goes on needs of this one.
    var values: [String: Double] {
        totals.values.merging(
            ["elapsed": elapsed, "best": best, "saves_best": savesBest ? 1 : 0]
        ) { $1 }
    }

    /// What is kept of a run that ended early.
    var kept: KeptWeights? {
        last.map { KeptWeights(epoch: $0.epoch, path: folder.lastWeights) }
    }

    private func records(_ report: EpochReport) -> [MetricsRecord] {
        let seconds = elapsed
        let losses = zip(lossNames, report.losses).dropLast().map { ($0, Double($1)) }
        return [
            MetricsRecord(
                epoch: report.epoch, step: totals.steps, split: .train,
                loss: Double(report.losses.last ?? .nan), learningRate: report.learningRate,
                imagesPerSecond: report.imagesPerSecond, seconds: seconds, peakBytes: peakBytes,
                blockLosses: Dictionary(losses) { first, _ in first }),
            MetricsRecord(
                epoch: report.epoch, step: totals.steps, split: .test, loss: report.test.loss,
                top1: report.test.top1, top5: report.test.top5, seconds: seconds),
        ]
    }
}

/// Sums over the epochs of a run.
struct RunTotals {
    private(set) var steps = 0
    private var seconds = 0.0, images = 0.0, waited = 0.0

    init() {}

    /// The sums of a checkpoint.
    init(_ values: [String: Double]) {
        steps = values["steps"].flatMap { Int(exactly: $0) } ?? 0
        seconds = values["seconds"] ?? 0
        images = values["images"] ?? 0
        waited = values["waited"] ?? 0
    }

    var values: [String: Double] {
        ["steps": Double(steps), "seconds": seconds, "images": images, "waited": waited]
    }

    mutating func add(_ report: EpochReport) {
        steps += report.steps
        seconds += report.trainingSeconds
        images += report.imagesPerSecond * report.trainingSeconds
        waited += report.waitingShare * report.trainingSeconds
    }

    var imagesPerSecond: Double { images / max(seconds, 1e-9) }
    /// Of the steps' time, the share that was spent waiting for data.
    var waitingShare: Double { waited / max(seconds, 1e-9) }
}
