import ArgumentParser
import Foundation
import LocalLearning

/// How a run shows that it lives.
enum ProgressStyle: String, CaseIterable, ExpressibleByArgument {
    case auto, bar, plain, json, none
}

/// Prints a run's events: a bar on a terminal, a line now and then elsewhere.
final class ProgressReporter {
    private let style: ProgressStyle
    private let epochs: Int
    private let names: [String]
    private let bar: ProgressBar
    private var line: LiveLine?
    private let start = Date()
    private var lastShown = Date.distantPast

    private struct StepLine: Encodable {
        let event = "step"
        let epoch, step, steps_in_epoch: Int
        let images_per_second, train_top1: Double
        /// Of every block and the output.
        let losses: [String: Double]
    }

    private struct EpochLine: Encodable {
        let event = "epoch"
        let epoch: Int
        let test_top1: Double
        let test_top5: Double?
        let test_loss: Double
        let train_top1: Double?
        let learning_rate, images_per_second: Double
        /// Means over the epoch.
        let losses: [String: Double]
    }

    init(
        _ style: ProgressStyle, epochs: Int, maxSteps: Int?, batchSize: Int, lossNames: [String],
        from start: TrainingProgress
    ) {
        self.style = style == .auto ? (Console.redraws ? .bar : .plain) : style
        self.epochs = epochs
        names = lossNames
        bar = ProgressBar(
            epochs: epochs, maxSteps: maxSteps, batchSize: batchSize, from: start)
        guard self.style == .bar else { return }
        line = LiveLine { [bar] in bar.line(columns: Console.columns) }
    }

    func show(_ event: TrainingEvent) {
        switch (style, event) {
        case (.none, _), (.auto, _): break
        case (.bar, .progress(let progress)): bar.note(progress)
        case (.bar, .steps(let report)): bar.note(report)
        case (.bar, .epoch(let report)):
            bar.note(report)
            Console.note(Self.summary(report, epochs: epochs))
        case (.plain, .progress), (.json, .progress): break
        case (.plain, .steps(let report)): showLine(report)
        case (.plain, .epoch(let report)): Console.note(Self.summary(report, epochs: epochs))
        case (.json, .steps(let report)):
            Console.event(
                StepLine(
                    epoch: report.epoch, step: report.step, steps_in_epoch: report.stepsInEpoch,
                    images_per_second: report.imagesPerSecond, train_top1: report.top1,
                    losses: named(report.losses)))
        case (.json, .epoch(let report)):
            Console.event(
                EpochLine(
                    epoch: report.epoch, test_top1: report.test.top1, test_top5: report.test.top5,
                    test_loss: report.test.loss, train_top1: report.top1,
                    learning_rate: report.learningRate,
                    images_per_second: report.imagesPerSecond, losses: named(report.losses)))
        }
    }

    /// Takes the bar away.
    func end() { line?.end() }

    private func named(_ losses: [Float]) -> [String: Double] {
        Dictionary(zip(names, losses.map { Double($0) }), uniquingKeysWith: { $1 })
    }

    /// A line every half minute, and fewer the longer a run lasts: a log of days stays below 64 kB.
    private func showLine(_ report: StepReport) {
        let pause = max(30, Date().timeIntervalSince(start) / 30)
        guard Date().timeIntervalSince(lastShown) > pause else { return }
        lastShown = Date()
        let losses = zip(names, report.losses).map { "\($0)=\(Double($1).fixed(4))" }
        Console.note(
            "epoch=\(report.epoch) step=\(report.step)/\(report.stepsInEpoch) "
                + "img_s=\(report.imagesPerSecond.fixed(0)) top1=\(report.top1.fixed(2)) "
                + losses.joined(separator: " "))
    }

    /// An epoch in one line.
    static func summary(_ report: EpochReport, epochs: Int) -> String {
        let top5 = report.test.top5.map { "  top5 \($0.fixed(2))" } ?? ""
        let train = report.top1.map { " top1 \($0.fixed(2))" } ?? ""
        return "epoch \(report.epoch)/\(epochs)  test top1 \(report.test.top1.fixed(2))\(top5)"
            + "  loss \(report.test.loss.fixed(4))  train\(train) loss "
            + "\(Double(report.losses.last ?? .nan).fixed(4))"
            + "  \(report.imagesPerSecond.fixed(0)) img/s  \(report.seconds.fixed(1)) s"
    }
}
