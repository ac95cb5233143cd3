import Foundation
import Runs

/// The curves of a run over its epochs: a point for each epoch, and what was measured between them.
struct RunCurves {
    let epochs: [MetricsRecord]
    let steps: [MetricsRecord]
    /// Steps of an epoch; nil as long as none was completed.
    private let stepsPerEpoch: Double?

    init(_ contents: RunContents) {
        epochs = contents.epochs
        steps = contents.steps
        // Of the last epoch: a run that went on with other batches has others before it.
        stepsPerEpoch = contents.epochs.last { $0.epoch > 0 && $0.step > 0 }
            .map { Double($0.step) / Double($0.epoch) }
    }

    /// What the axis counts: steps as long as no epoch was completed.
    var along: String { stepsPerEpoch == nil ? "step" : "epoch" }

    /// Of whole epochs.
    func points(
        _ split: MetricsRecord.Split, _ value: (MetricsRecord) -> Double?
    ) -> [Point] {
        epochs.filter { $0.split == split }
            .compactMap { record in value(record).map { Point(Double(record.epoch), $0) } }
    }

    /// Means over some steps.
    func stepPoints(_ value: (MetricsRecord) -> Double?) -> [Point] {
        let length = stepsPerEpoch ?? 1
        return steps.compactMap { record in
            value(record).map { Point(Double(record.step) / length, $0) }
        }
    }

    /// From the first step or epoch to the last.
    var range: ClosedRange<Double>? {
        guard stepsPerEpoch != nil else { return nil }
        let last = Double(epochs.map(\.epoch).max() ?? 1)
        let first = steps.isEmpty ? Double(epochs.map(\.epoch).min() ?? 0) : 0
        return last - first >= 1 ? first...last : max(0, last - 1)...last
    }

    /// The steps behind a curve, and the curve; before the first epoch the steps are the curve.
    func lines(
        _ name: String, _ split: MetricsRecord.Split, colour: Int,
        describe: @escaping (Double) -> String = Figures.short,
        _ value: (MetricsRecord) -> Double?
    ) -> [LineChart.Line] {
        let whole = points(split, value).withExtremes(to: LineChart.mostPoints)
        let noise =
            split == .train
            ? stepPoints(value).averaged(to: LineChart.mostPoints) : []
        var lines: [LineChart.Line] = []
        if !noise.isEmpty {
            lines.append(
                LineChart.Line(
                    name: whole.isEmpty ? name : "\(name), means over some steps", points: noise,
                    colour: colour, isFaint: !whole.isEmpty, describe: describe))
        }
        lines.append(
            LineChart.Line(name: name, points: whole, colour: colour, describe: describe))
        return lines
    }

    // MARK: Charts

    private static let (test, train) = (1, 2)

    var top1: LineChart {
        let percent = { (value: Double) in Figures.fixed(value, 2) + " %" }
        var chart = LineChart(
            title: "Accuracy", measure: "top-1, % of the images", along: along,
            lines: lines("train", .train, colour: Self.train, describe: percent, \.top1)
                + lines("test", .test, colour: Self.test, describe: percent, \.top1),
            range: range)
        let tests = points(.test, \.top1).filter(\.isDrawable)
        if let best = tests.max(by: { $0.y < $1.y }), best != tests.last {
            chart.mark = LineChart.Mark(
                point: best, colour: Self.test, text: "best \(percent(best.y))")
        }
        return chart
    }

    var loss: LineChart {
        LineChart(
            title: "Loss", measure: "mean cross-entropy", along: along,
            lines: lines("train", .train, colour: Self.train, \.loss)
                + lines("test", .test, colour: Self.test, \.loss),
            mayBeLogarithmic: true, range: range)
    }

    var speed: LineChart {
        let rate = { (value: Double) in Figures.fixed(value, 0) + " images/s" }
        return LineChart(
            title: "Training speed", measure: "images a second", along: along,
            lines: lines("train", .train, colour: 3, describe: rate, \.imagesPerSecond),
            height: 150, covering: [0], range: range)
    }

    /// Nothing if the rate is the same throughout.
    var learningRate: LineChart? {
        let points = points(.train, \.learningRate) + stepPoints(\.learningRate)
        guard Set(points.map(\.y)).count > 1 else { return nil }
        return LineChart(
            title: "Learning rate", measure: "learning rate", along: along,
            lines: lines("rate", .train, colour: 4, \.learningRate), height: 150, covering: [0],
            range: range)
    }

    /// Blocks in the order of their names, with numbers as such: block 2 before block 10.
    var blocks: BlockPanels {
        let isByEpoch = epochs.contains { $0.blockLosses?.isEmpty == false }
        let records = isByEpoch ? epochs.filter { $0.split == .train } : steps
        let names = Set(records.last { $0.blockLosses != nil }?.blockLosses?.keys.map { $0 } ?? [])
            .sorted { $0.compare($1, options: .numeric) == .orderedAscending }
        let shown = names.prefix(BlockPanels.mostBlocks)
        let curves = shown.map { name in
            let value = { (record: MetricsRecord) in record.blockLosses?[name] }
            return (
                name: name, points: isByEpoch ? points(.train, value) : stepPoints(value)
            )
        }
        let unshown = names.dropFirst(shown.count).map { (name: $0, points: [Point]()) }
        return BlockPanels(blocks: curves + unshown, along: isByEpoch ? "epoch" : along)
    }

    // MARK: Numbers

    private static let mostRows = 100

    /// The epochs in numbers, evenly spread if they are many.
    var table: String {
        let tests = Dictionary(
            epochs.filter { $0.split == .test }.map { ($0.epoch, $0) }
        ) { _, last in last }
        let trains = Dictionary(
            epochs.filter { $0.split == .train }.map { ($0.epoch, $0) }
        ) { _, last in last }
        let numbers = Set(tests.keys).union(trains.keys).sorted()
        guard !numbers.isEmpty else { return "" }
        let stride = (numbers.count + Self.mostRows - 1) / Self.mostRows
        let shown = numbers.enumerated().filter {
            $0.offset % stride == 0 || $0.offset == numbers.count - 1
        }
        let heads = [
            "epoch", "train loss", "train top-1", "test loss", "test top-1", "test top-5",
            "images/s",
        ]
        let rows = shown.map { _, epoch in
            let (train, test) = (trains[epoch], tests[epoch])
            let cells = [
                Figures.whole(epoch), train.map { Figures.short($0.loss) },
                train?.top1.map { Figures.fixed($0, 2) }, test.map { Figures.short($0.loss) },
                test?.top1.map { Figures.fixed($0, 2) }, test?.top5.map { Figures.fixed($0, 2) },
                train?.imagesPerSecond.map { Figures.fixed($0, 0) },
            ]
            return "<tr>"
                + cells.map { "<td class=\"number\">\(($0 ?? "").escaped())</td>" }
                .joined() + "</tr>\n"
        }
        let every = stride > 1 ? ", one of \(stride)" : ""
        return """
            <details><summary>Epochs in numbers\(every)</summary>
            <div class="scroll"><table><thead><tr>\
            \(heads.map { "<th class=\"number\">\($0)</th>" }.joined())</tr></thead><tbody>
            \(rows.joined())</tbody></table></div></details>

            """
    }
}
