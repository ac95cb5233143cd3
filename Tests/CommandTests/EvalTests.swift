import Foundation
import TestSupport
import Testing

/// What `eval` reports besides the shares that training prints.
struct EvalTests {
    private let folder: TemporaryFolder
    private let run: String

    init() throws {
        folder = try TemporaryFolder()
        try TinyData.write(to: folder.url)
        let trained = try Program.run(
            [
                "train", "--backend", "cpu", "--data-dir", ".", "--epochs", "1", "--batch-size",
                "32", "--progress", "none",
            ], in: folder.url)
        run = try #require(trained.value("run"), "\(trained)")
    }

    private func eval(
        _ arguments: String..., environment: [String: String] = [:]
    ) throws -> Program.Outcome {
        try Program.run(
            ["eval", run, "--backend", "cpu"] + arguments, environment: environment,
            in: folder.url)
    }

    private struct Report: Decodable {
        struct Score: Decodable {
            let `class`: String
            let label, support, predicted: Int
            let precision, recall, f1: Double
        }
        struct Macro: Decodable { let precision, recall, f1: Double }
        struct Sample: Decodable {
            let path, `class`, predicted: String
            let index: Int
            let loss: Double
        }
        let split: String
        let samples: Int
        let test_top1, train_top1: Double?
        let classes: [String]
        let confusion: [[Int]]
        let per_class: [Score]
        let macro: Macro
        let worst: [Sample]?
    }

    private func report(_ outcome: Program.Outcome) throws -> Report {
        try #require(outcome.status == 0, "\(outcome)")
        return try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
    }

    /// By other sums than the program's: over a list of pairs.
    @Test func scoresFollowFromTheConfusion() throws {
        let report = try report(try eval("--json"))
        #expect(report.split == "test" && report.samples == 64 && report.worst == nil)
        var pairs: [(label: Int, predicted: Int)] = []
        for (label, row) in report.confusion.enumerated() {
            for (predicted, count) in row.enumerated() {
                pairs += Array(repeating: (label, predicted), count: count)
            }
        }
        #expect(pairs.count == 64)
        let hits = pairs.filter { $0.label == $0.predicted }.count
        #expect(abs(try #require(report.test_top1) - 100 * Double(hits) / 64) < 1e-9)
        var sums = (0.0, 0.0, 0.0)
        for (label, score) in report.per_class.enumerated() {
            let (own, taken) = (
                pairs.filter { $0.label == label }, pairs.filter { $0.predicted == label }
            )
            let found = Double(own.filter { $0.predicted == label }.count)
            #expect(score.label == label && score.class == report.classes[label])
            #expect(score.support == own.count && score.predicted == taken.count)
            let recall = own.isEmpty ? 0 : found / Double(own.count)
            let precision = taken.isEmpty ? 0 : found / Double(taken.count)
            let f1 = found == 0 ? 0 : 2 * precision * recall / (precision + recall)
            #expect(abs(score.recall - 100 * recall) < 1e-9)
            #expect(abs(score.precision - 100 * precision) < 1e-9)
            #expect(abs(score.f1 - 100 * f1) < 1e-9)
            sums = (sums.0 + precision, sums.1 + recall, sums.2 + f1)
        }
        #expect(abs(report.macro.precision - 10 * sums.0) < 1e-9)
        #expect(abs(report.macro.recall - 10 * sums.1) < 1e-9)
        #expect(abs(report.macro.f1 - 10 * sums.2) < 1e-9)
    }

    @Test func theTrainingSplitIsEvaluatedOnDemand() throws {
        let report = try report(try eval("--json", "--split", "train"))
        #expect(report.split == "train" && report.samples == 256)
        #expect(report.train_top1 != nil && report.test_top1 == nil)
        let text = try eval("--split", "train", "--limit-test", "20")
        #expect(text.value("samples") == "20" && text.value("train_top1") != nil, "\(text)")
    }

    /// Names over the columns, then numbers, then pairs, as the terminal gets narrower.
    @Test func theConfusionFitsTheTerminal() throws {
        let wide = try eval(environment: ["COLUMNS": "200"]).output
        #expect(wide.contains("label \\ predicted  T-shirt/top  Trouser  Pullover"), "\(wide)")
        let usual = try eval(environment: ["COLUMNS": "80"]).output
        #expect(usual.contains("label \\ predicted  0  1") || usual.contains("predicted   0"))
        #expect(usual.contains("\nAnkle boot  9"), "\(usual)")
        let narrow = try eval(environment: ["COLUMNS": "30"]).output
        #expect(narrow.contains("label → predicted"), "\(narrow)")
        for text in [wide, usual] {
            let rows = text.split(separator: "\n").drop { !$0.hasPrefix("label \\") }.prefix(11)
            #expect(Set(rows.map(\.count)).count == 1, "\(text)")
        }
    }

    @Test func theWorstAreAContactSheet() throws {
        let out = folder.path + "/sheet/new"
        let worst = try #require(
            try report(try eval("--json", "--worst", "7", "--out", out)).worst)
        #expect(worst.count == 7 && worst.map(\.loss) == worst.map(\.loss).sorted(by: >))
        #expect(try folder.contents("sheet/new") == ["worst.csv", "worst.html"])
        let page = try String(contentsOfFile: out + "/worst.html", encoding: .utf8)
        let parts = page.components(separatedBy: "base64,").dropFirst()
        #expect(parts.count == 7)
        for part in parts {
            let text = String(part.prefix { $0 != "\"" })
            // The first bytes of a JPEG.
            #expect(Data(base64Encoded: text)?.starts(with: [0xFF, 0xD8, 0xFF]) == true)
        }
        let rows = try String(contentsOfFile: out + "/worst.csv", encoding: .utf8)
            .split(separator: "\n")
        #expect(rows.count == 8 && rows[0].hasPrefix("path,index,class,class_probability"))
        for (row, sample) in zip(rows.dropFirst(), worst) {
            // Images in memory have no path but their place in the split.
            #expect(sample.path == "\(sample.index)")
            #expect(row.hasPrefix("\(sample.index),\(sample.index),\(sample.class),"))
            #expect(
                sample.index % 10
                    == [
                        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                        "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
                    ].firstIndex(of: sample.class))
        }
        let text = try eval("--worst", "2")
        #expect(text.output.contains("label → predicted, with their probabilities"))
        try Data().write(to: folder.url.appending(path: "file"))
        let refused = try eval("--out", folder.path + "/file/x")
        #expect(refused.status == 73, "\(refused)")
    }
}
