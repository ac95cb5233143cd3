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
    private var lastShown = Date.distantPast

    private struct StepLine: Encodable {
        let event = "step"
        let epoch, step, steps_in_epoch: Int
        let images_per_second: Double
        /// Of every block and the output.
        let losses: [String: Double]
    }

    private struct EpochLine: Encodable {
        let event = "epoch"
        let epoch: Int
        let test_top1: Double
        let test_top5: Double?
        let test_loss, learning_rate, images_per_second: Double
        /// Means over the epoch.
        let losses: [String: Double]
    }

    init(_ style: ProgressStyle, epochs: Int, lossNames: [String]) {
        self.style = style == .auto ? (Console.redraws ? .bar : .plain) : style
        self.epochs = epochs
        names = lossNames
    }

    func show(_ event: TrainingEvent) {
        switch (style, event) {
        case (.none, _), (.auto, _): break
        case (.bar, .steps(let report)): showBar(report)
        case (.plain, .steps(let report)): showLine(report)
        case (.bar, .epoch(let report)):
            Console.redraw("")
            Console.note(Self.summary(report, epochs: epochs))
        case (.plain, .epoch(let report)): Console.note(Self.summary(report, epochs: epochs))
        case (.json, .steps(let report)):
            Console.event(
                StepLine(
                    epoch: report.epoch, step: report.step, steps_in_epoch: report.stepsInEpoch,
                    images_per_second: report.imagesPerSecond, losses: named(report.losses)))
        case (.json, .epoch(let report)):
            Console.event(
                EpochLine(
                    epoch: report.epoch, test_top1: report.test.top1, test_top5: report.test.top5,
                    test_loss: report.test.loss, learning_rate: report.learningRate,
                    images_per_second: report.imagesPerSecond, losses: named(report.losses)))
        }
    }

    private func named(_ losses: [Float]) -> [String: Double] {
        Dictionary(zip(names, losses.map { Double($0) }), uniquingKeysWith: { $1 })
    }

    /// At most ten redraws a second.
    private func showBar(_ report: StepReport) {
        guard Date().timeIntervalSince(lastShown) > 0.1 else { return }
        lastShown = Date()
        let done = Double(report.step) / Double(max(report.stepsInEpoch, 1))
        let left = "epoch \(report.epoch)/\(epochs) "
        let right =
            " \(report.step)/\(report.stepsInEpoch)  \(report.imagesPerSecond.fixed(0)) img/s"
            + "  loss \(Double(report.losses.last ?? .nan).fixed(3))"
            + "  blocks \(sparkline(report.losses.dropLast()))"
        let width = min(40, Console.columns - left.count - right.count - 1)
        let bar =
            width > 4
            ? String(repeating: "━", count: Int(done * Double(width)))
                + String(repeating: "╌", count: width - Int(done * Double(width))) : ""
        Console.redraw(String((left + bar + right).prefix(Console.columns - 1)))
    }

    /// One line at least every half minute, so that a log of a long run stays short.
    private func showLine(_ report: StepReport) {
        guard Date().timeIntervalSince(lastShown) > 30 else { return }
        lastShown = Date()
        let losses = zip(names, report.losses).map { "\($0)=\(Double($1).fixed(4))" }
        Console.note(
            "epoch=\(report.epoch) step=\(report.step)/\(report.stepsInEpoch) "
                + "img_s=\(report.imagesPerSecond.fixed(0)) " + losses.joined(separator: " "))
    }

    /// An epoch in one line.
    static func summary(_ report: EpochReport, epochs: Int) -> String {
        let top5 = report.test.top5.map { "  top5 \($0.fixed(2))" } ?? ""
        return "epoch \(report.epoch)/\(epochs)  test top1 \(report.test.top1.fixed(2))\(top5)"
            + "  loss \(report.test.loss.fixed(4))  train loss "
            + "\(Double(report.losses.last ?? .nan).fixed(4))"
            + "  \(report.imagesPerSecond.fixed(0)) img/s  \(report.seconds.fixed(1)) s"
    }
}

/// One bar a value, the largest full.
private func sparkline(_ values: some Sequence<Float>) -> String {
    let bars = Array("▁▂▃▄▅▆▇█")
    let largest = max(values.max() ?? 1, .leastNormalMagnitude)
    return String(
        values.map { value in
            let share = (value / largest).isFinite ? value / largest : 1
            return bars[min(7, max(0, Int(share * 7.99)))]
        })
}
