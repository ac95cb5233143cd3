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

    /// The last epoch whose weights were saved.
    private var last: EpochReport?
    private(set) var totals = RunTotals()
    private var peakBytes = 0
    private let skippedImages: Int?

    /// - Parameter lines: what the log begins with.
    init(
        _ folder: RunFolder, _ configuration: RunConfiguration, lossNames: [String],
        lines: [String], skippedImages: Int?
    ) throws {
        self.folder = folder
        self.configuration = configuration
        self.lossNames = lossNames
        self.skippedImages = skippedImages
        log = try folder.log()
        metrics = try MetricsLog(folder)
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
        last = report
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
                epochs: last.epoch, testTop1: last.test.top1, testTop5: last.test.top5,
                testLoss: last.test.loss, imagesPerSecond: totals.imagesPerSecond,
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

    /// What is kept of a run that ended early.
    var kept: KeptWeights? {
        last.map { KeptWeights(epoch: $0.epoch, path: folder.lastWeights) }
    }

    private func records(_ report: EpochReport) -> [MetricsRecord] {
        let seconds = Date().timeIntervalSince(start)
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
