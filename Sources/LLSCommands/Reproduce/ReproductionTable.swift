import Foundation
import Runs

/// What was reached of the paper's rows, as a table like the paper's.
struct ReproductionTable: Encodable {
    /// One row, over its seeds.
    struct Line: Encodable {
        let row, table, dataset, model, rule: String
        /// The seeds that have a result.
        let seeds: [UInt64]
        /// Percent: mean over the seeds, and with two seeds or more their sample standard deviation.
        let top1, deviation: Double?
        /// Epochs that every one of the seeds has run, and those of the paper.
        let epochs, publishedEpochs: Int
        /// Whether the runs are what the paper describes: all of its epochs, on all of its data.
        let isReproduction: Bool
        let device: String?
        /// Training, all seeds together.
        let seconds: Double
        /// Why there is no result, or not of every seed.
        let note: String?

        private enum CodingKeys: String, CodingKey {
            case row, table, dataset, model, rule, seeds, top1, deviation, epochs, device, seconds
            case note
            case publishedEpochs = "published_epochs"
            case isReproduction = "is_reproduction"
        }

        /// - Parameter problem: why nothing could be trained.
        init(_ runs: [Reproduction], problem: String?) {
            let row = runs[0].row
            let experiment = row.experiment
            let found = runs.compactMap { run in
                run.summary.flatMap { summary in
                    summary.testTop1.map { (run: run, summary: summary, top1: $0) }
                }
            }
            self.row = row.id
            table = experiment.table
            dataset = experiment.dataset
            model = experiment.model
            rule = row.rule
            seeds = found.map(\.run.seed)
            let values = found.map(\.top1)
            let mean = values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
            top1 = mean
            deviation = mean.flatMap { mean in
                guard values.count > 1 else { return nil }
                let squares = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
                return (squares / Double(values.count - 1)).squareRoot()
            }
            epochs = found.map(\.summary.epochs).min() ?? 0
            publishedEpochs = experiment.epochs
            let isWhole = runs.allSatisfy {
                $0.settings.limitTrain == nil && $0.settings.limitTest == nil
            }
            isReproduction =
                isWhole && found.count == runs.count
                && found.allSatisfy { $0.summary.epochs >= experiment.epochs }
            let devices = found.compactMap { entry in
                (try? RunContents(entry.summary.folder, with: []))?.environment?.backend
            }
            device = devices.first.map { first in
                devices.allSatisfy { $0 == first } ? first : "several"
            }
            seconds = found.compactMap(\.summary.seconds).reduce(0, +)
            let diverged = runs.filter { if case .diverged = $0.state { true } else { false } }
            note =
                problem
                ?? (diverged.isEmpty
                    ? nil
                    : "diverged: seed "
                        + diverged.map { "\($0.seed)" }.joined(separator: ", "))
        }
    }

    let lines: [Line]

    /// For people. What is no reproduction is never called one.
    var text: [String] {
        var table = TextTable(
            [
                "row", "data set", "model", "rule", "top-1", "seeds", "epochs", "time", "device",
                "note",
            ], numbers: [4, 5, 7])
        for line in lines {
            let deviation = line.deviation.map { " ± \($0.fixed(2))" } ?? ""
            table.add([
                line.row, line.dataset, line.model, line.rule,
                line.top1.map { $0.fixed(2) + deviation } ?? "-",
                line.seeds.isEmpty ? "-" : "\(line.seeds.count)",
                "\(line.epochs) of \(line.publishedEpochs)",
                line.seconds > 0 ? ProgressBar.time(line.seconds) : "-", line.device ?? "",
                line.note ?? "",
            ])
        }
        let whole = lines.count { $0.isReproduction }
        let rest = lines.count - whole
        return table.lines + [
            "reproduced: \(whole) of \(lines.count) rows"
                + (rest > 0
                    ? "; the others have run fewer epochs, seeds or samples, and are no reproductions"
                    : "")
        ]
    }
}
