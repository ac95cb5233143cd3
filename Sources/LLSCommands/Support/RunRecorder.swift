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

    /// The last epoch that was measured, and the last one whose weights are saved.
    private var last: CompletedEpoch?
    private var savedEpoch: Int?
    /// What was measured and is not on disk yet.
    private var unwritten: [Measurement] = []
    private let failures: WriteFailures
    private(set) var totals = RunTotals()
    /// The best test accuracy so far, in percent, and whether its weights are kept.
    var best = -1.0
    var savesBest = false
    /// Programs that the measurements are written or sent for, too.
    var trackers: TrackerGroup?
    /// When the report was written last.
    var reported: Date?
    private var peakBytes = 0
    private let skippedImages: Int?

    /// Lines of the metrics and of the log.
    private struct Measurement {
        var records: [MetricsRecord]
        let line: String?
    }

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
        lines: [String], skippedImages: Int?, from checkpoint: Checkpoint? = nil,
        _ failures: WriteFailures
    ) throws {
        self.failures = failures
        self.folder = folder
        self.configuration = configuration
        self.lossNames = lossNames
        self.skippedImages = skippedImages
        log = try folder.log()
        secondsBefore = checkpoint?.run["elapsed"] ?? 0
        metrics = try MetricsLog(
            folder, keepingThroughEpoch: checkpoint.map { $0.position.epoch - 1 } ?? .max,
            step: checkpoint?.position.steps ?? .max)
        if let checkpoint {
            totals = RunTotals(checkpoint.run)
            best = checkpoint.run["best"] ?? best
            savesBest = checkpoint.run["saves_best"] == 1
            let test = try MetricsLog.records(of: folder).last { $0.split == .test }
            last = test.map {
                CompletedEpoch(epoch: $0.epoch, top1: $0.top1 ?? 0, top5: $0.top5, loss: $0.loss)
            }
            if FileSystem.exists(folder.lastWeights) { savedEpoch = last?.epoch }
        }
        for line in lines { try log.append(line: line) }
    }

    /// Notes an epoch: its weights first, so that the metrics name no epoch whose weights are yet to be
    /// written.
    ///
    /// - Parameter save: called with the epoch and the steps of the run so far.
    func note(
        _ report: EpochReport, peakBytes: Int, save: (_ epoch: Int, _ step: Int) throws -> Void
    ) throws {
        totals.add(report)
        self.peakBytes = peakBytes
        last = CompletedEpoch(
            epoch: report.epoch, top1: report.test.top1, top5: report.test.top5,
            loss: report.test.loss)
        unwritten.append(
            Measurement(
                records: records(report),
                line: ProgressReporter.summary(report, epochs: configuration.epochs)))
        try saveWeights(save)
        try writeMeasurements()
    }

    /// Notes some steps within an epoch.
    ///
    /// - Parameter step: the steps of the run so far.
    func note(_ report: StepReport, step: Int, peakBytes: Int) throws {
        let record = MetricsRecord(
            epoch: report.epoch, step: step, split: .train, steps: report.steps,
            loss: Double(report.losses.last ?? .nan), top1: report.top1,
            imagesPerSecond: report.imagesPerSecond, seconds: elapsed, peakBytes: peakBytes,
            blockLosses: named(report.losses))
        unwritten.append(Measurement(records: [record], line: nil))
        try writeMeasurements()
    }

    /// Saves the weights, unless those of the last epoch are saved.
    func saveWeights(_ save: (_ epoch: Int, _ step: Int) throws -> Void) throws {
        guard let last, savedEpoch != last.epoch else { return }
        try failures.attempt("the weights") {
            try save(last.epoch, totals.steps)
            savedEpoch = last.epoch
        }
    }

    /// Writes what was measured.
    ///
    /// - Returns: whether all of it is on disk.
    @discardableResult
    func writeMeasurements() throws -> Bool {
        try failures.attempt("the metrics") {
            while let next = unwritten.first {
                if let record = next.records.first {
                    try metrics.append(record)
                    trackers?.note(record)
                    unwritten[0].records.removeFirst()
                } else {
                    if let line = next.line { try log.append(line: line) }
                    unwritten.removeFirst()
                }
            }
        }
    }

    /// Writes `metrics.csv`, `result.json` and the log's last line.
    ///
    /// - Returns: what the last epoch reached; nil if none was completed.
    @discardableResult
    func finish(_ status: RunOutcome.Status, reason: String? = nil) throws -> RunResult? {
        try writeMeasurements()
        let result = last.map { last in
            RunResult(
                epochs: last.epoch, testTop1: last.top1, testTop5: last.top5, testLoss: last.loss,
                imagesPerSecond: totals.imagesPerSecond,
                peakBytes: peakBytes, skippedImages: skippedImages, run: folder.path)
        }
        let lines = (reason ?? "").split(separator: "\n").map { "\(status.rawValue): \($0)" }
        try failures.attempt("the log") {
            for line in lines.isEmpty ? [status.rawValue] : lines { try log.append(line: line) }
        }
        try failures.attempt("the result") {
            try folder.write(
                outcome: RunOutcome(status, reason: reason, result: result, run: folder.path))
        }
        try failures.attempt("the table of metrics") { try metrics.writeTable() }
        trackers?.finish(status)
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
        savedEpoch.map { KeptWeights(epoch: $0, path: folder.lastWeights) }
    }

    private func records(_ report: EpochReport) -> [MetricsRecord] {
        let seconds = elapsed
        return [
            MetricsRecord(
                epoch: report.epoch, step: totals.steps, split: .train,
                loss: Double(report.losses.last ?? .nan), top1: report.top1,
                learningRate: report.learningRate,
                imagesPerSecond: report.imagesPerSecond, seconds: seconds, peakBytes: peakBytes,
                blockLosses: named(report.losses)),
            MetricsRecord(
                epoch: report.epoch, step: totals.steps, split: .test, loss: report.test.loss,
                top1: report.test.top1, top5: report.test.top5, seconds: seconds),
        ]
    }

    /// Of the blocks; the classifier's is the record's own.
    private func named(_ losses: [Float]) -> [String: Double] {
        Dictionary(zip(lossNames, losses).dropLast().map { ($0, Double($1)) }) { first, _ in first }
    }
}
