import Foundation
import TestSupport
import Testing

/// What a run shows of itself: on a terminal, in a log, and to a program.
struct ProgressTests {
    private let data, runs: TemporaryFolder

    init() throws {
        data = try TemporaryFolder()
        runs = try TemporaryFolder()
        try TinyData.write(to: data.url)
    }

    private var arguments: [String] {
        [
            "train", "--data-dir", data.path, "--runs-dir", runs.path, "--backend", "cpu",
            "--batch-size", "32", "--print-freq", "2",
        ]
    }

    /// Everything that was written to a terminal of so many columns.
    private func onTerminal(
        _ arguments: [String], columns: Int
    ) throws -> (status: Int32, text: String) {
        let words = ([Program.path.path()] + arguments).map { "'\($0)'" }
        let outcome = try Program.run(
            ["-qec", words.joined(separator: " "), runs.path + "/typescript"],
            environment: ["COLUMNS": "\(columns)", "TERM": "xterm"],
            executable: URL(filePath: "/usr/bin/script"))
        return (outcome.status, outcome.output)
    }

    @Test(arguments: [80, 40])
    func aTerminalHasABarFromTheStart(columns: Int) throws {
        let (status, text) = try onTerminal(arguments + ["--epochs", "3"], columns: columns)
        #expect(status == 0, "\(text)")
        let drawn = text.split(separator: "\u{1B}[2K").dropFirst()
            .map { $0.prefix { $0 != "\r" && $0 != "\r\n" && $0 != "\n" } }
        let bars = drawn.filter { $0.hasPrefix("epoch ") && !$0.contains("test top1") }
        #expect(bars.first?.contains(" 0/") == true, "\(text)")
        #expect(bars.allSatisfy { $0.count < columns }, "\(bars)")
        // Results have lines of their own: the bar is gone.
        let lines = text.split(whereSeparator: \.isNewline).map { line in
            line.components(separatedBy: "\u{1B}[2K").last ?? ""
        }
        #expect(lines.contains { $0.hasPrefix("result epochs=3 ") }, "\(text)")
        #expect(lines.filter { $0.hasPrefix("epoch ") && $0.contains("test top1") }.count == 3)
    }

    @Test func anErrorTakesTheBarAway() throws {
        let (status, text) = try onTerminal(
            arguments + ["--epochs", "3", "--lr", "1e30", "--optimizer", "SGD"], columns: 80)
        #expect(status == 3, "\(text)")
        let lines = text.split(whereSeparator: \.isNewline).map { line in
            line.components(separatedBy: "\u{1B}[2K").last ?? ""
        }
        #expect(lines.contains { $0.hasPrefix("error: ") }, "\(text)")
    }

    @Test func aLogHasPlainLines() throws {
        let outcome = try Program.run(arguments + ["--epochs", "3"])
        #expect(outcome.status == 0, "\(outcome)")
        #expect(!outcome.errors.contains { $0 == "\r" || $0 == "\u{1B}" })
        #expect(
            outcome.errors.split(separator: "\n").filter { $0.contains("test top1") }.count == 3)
    }

    @Test func aProgramGetsObjectsAlone() throws {
        let outcome = try Program.run(arguments + ["--epochs", "2", "--progress", "json"])
        #expect(outcome.status == 0, "\(outcome)")
        var steps = 0
        for line in outcome.errors.split(separator: "\n") {
            let object = try #require(
                JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
            guard object["event"] as? String == "step" else { continue }
            steps += 1
            let losses = try #require(object["losses"] as? [String: Double])
            #expect(Set(losses.keys).isSuperset(of: ["conv_block1", "output"]))
            #expect(object["train_top1"] is Double)
        }
        #expect(steps >= 4)
    }

    /// What is in the folder of a run besides.
    @Test func metricsHoldEveryStep() throws {
        let outcome = try Program.run(arguments + ["--epochs", "2"])
        let run = try #require(outcome.value("run"), "\(outcome)")
        let lines = try String(contentsOfFile: run + "/metrics.jsonl", encoding: .utf8)
            .split(separator: "\n")
        let records = try lines.map {
            try #require(
                JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        let last = try #require(records.last?["step"] as? Int)
        #expect(records.compactMap { $0["steps"] as? Int }.reduce(0, +) == last)
        let whole = records.filter { $0["steps"] == nil && $0["split"] as? String == "train" }
        #expect(whole.count == 2 && whole.allSatisfy { $0["top1"] is Double })

        let environment = try #require(
            JSONSerialization.jsonObject(
                with: try Data(contentsOf: URL(filePath: run + "/env.json"))) as? [String: Any])
        #expect((environment["data_fingerprint"] as? String)?.count == 64)
        #expect((environment["planned_bytes"] as? Int).map { $0 > 0 } == true)
        let evaluation = try #require(
            JSONSerialization.jsonObject(
                with: try Data(contentsOf: URL(filePath: run + "/evaluation.json")))
                as? [String: Any])
        let confusion = try #require(evaluation["confusion"] as? [[Int]])
        #expect(confusion.count == 10)
        let worst = try #require(evaluation["worst"] as? [[String: Any]])
        #expect(worst.allSatisfy { ($0["picture"] as? String)?.hasPrefix("/9j/") == true })
        let filters = try #require(evaluation["filters"] as? [String: Any])
        #expect((filters["values"] as? [[Double]])?.count == 32)
    }

    /// The other engine's vectors of 16 are passed in another way on processors without AVX-512, of which
    /// the compiler warns; both have the same kernels of losses, norms and optimizers.
    @Test func kernelsCompileWithoutWarnings() throws {
        for rule in ["LLS_MxM", "LocalLosses", "DFA"] {
            let outcome = try Program.run(
                [
                    "bench", "step", "--backend", "opencl", "--kernel-engine", "local", "--steps",
                    "1", "--batch", "8", "--rule", rule,
                ], environment: ["LLS_OPENCL_OPTIONS": "-Werror"])
            #expect(outcome.status == 0, "\(outcome)")
        }
    }
}
