import Foundation
import TestSupport
import Testing

/// The paper's rows on a small data set: resumed, reported, and never called what they are not.
struct ReproduceTests {
    private let data, root: TemporaryFolder

    init() throws {
        data = try TemporaryFolder()
        root = try TemporaryFolder()
        try TinyData.write(to: data.url)
    }

    private func reproduce(
        _ arguments: [String], shell: String? = nil
    ) throws -> Program.Outcome {
        try Program.run(
            ["reproduce"] + arguments + ["--data-dir", data.path, "--backend", "cpu"],
            in: root.url, shell: shell)
    }

    private func lines(_ outcome: Program.Outcome) throws -> [[String: Any]] {
        let object = try #require(
            JSONSerialization.jsonObject(with: Data(outcome.lastLine.utf8)) as? [String: Any],
            "\(outcome)")
        return try #require(object["lines"] as? [[String: Any]])
    }

    @Test func allRowsAreListed() throws {
        let outcome = try reproduce(["ls", "--json"])
        #expect(outcome.status == 0, "\(outcome)")
        let rows = outcome.output.split(separator: "\n")
        #expect(rows.count == 58)
        #expect(rows[12].contains(#""row":"table1.13""#))
        #expect(rows[12].contains(#""problem":"no data: lls data get CIFAR10""#))
        #expect(outcome.output.contains(#""row":"table3.25""#))
    }

    /// Table 1's seventh row is of Fashion-MNIST, the 13th of CIFAR-10, which is not there.
    @Test func rowsWithoutDataAreNamedAndTheOthersAreMeasured() throws {
        let names = ["table1.7", "table1.13", "--epochs", "2", "--seeds", "0..1"]
        let outcome = try reproduce(names)
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.output.contains("no data: lls data get CIFAR10"), "\(outcome)")
        #expect(outcome.output.contains("2 of 100"), "\(outcome)")
        #expect(outcome.lastLine.hasPrefix("reproduced: 0 of 2 rows"), "\(outcome)")

        // Again: nothing is left to do, and the table is the same.
        let again = try reproduce(names + ["--json"])
        #expect(!again.errors.contains("row  "), "\(again)")
        let line = try #require(try lines(again).first { $0["row"] as? String == "table1.7" })
        #expect(line["seeds"] as? [Int] == [0, 1])
        #expect(line["is_reproduction"] as? Bool == false)
        let results = try (0...1).map { seed in
            let path = root.path + "/runs/reproduce/table1.7-seed\(seed)/001/result.json"
            let object = try JSONSerialization.jsonObject(
                with: try Data(contentsOf: URL(filePath: path)))
            return try #require((object as? [String: Any])?["test_top1"] as? Double)
        }
        let mean = (results[0] + results[1]) / 2
        let deviation = abs(results[0] - results[1]) / 2.squareRoot()
        #expect(abs((line["top1"] as? Double ?? 0) - mean) < 1e-9)
        #expect(abs((line["deviation"] as? Double ?? 0) - deviation) < 1e-9)
    }

    /// Killed in the midst of it, the same command goes on to what an undisturbed one reaches.
    @Test func whatWasKilledGoesOn() throws {
        let arguments = ["table1.7", "--epochs", "60", "--json"]
        let killed = try reproduce(
            arguments, shell: "(sleep 4; kill -9 $$) &")
        #expect(killed.status != 0, "\(killed)")
        let stopped = try reproduce(arguments + ["--budget", "3s"])
        #expect([0, 75].contains(stopped.status), "\(stopped)")
        let whole = try reproduce(arguments)
        #expect(whole.status == 0, "\(whole)")
        let line = try #require(try lines(whole).first)
        #expect(line["epochs"] as? Int == 60)
        let folders = try FileManager.default.contentsOfDirectory(
            atPath: root.path + "/runs/reproduce/table1.7-seed0")
        #expect(folders == ["001"], "one run, whatever was done to it")
        let undisturbed = try reproduce(arguments + ["--runs-dir", "other"])
        #expect(try lines(undisturbed).first?["top1"] as? Double == line["top1"] as? Double)
    }

    @Test(arguments: [
        (["table4"], "unknown row 'table4'"), (["table1.99"], "unknown row 'table1.99'"),
        (["table1", "--seeds", "4..0"], "--seeds"), (["table1", "--epochs", "0"], "--epochs"),
        (["table1", "--budget", "soon"], "--budget"),
    ])
    func whatCannotBeIsRefused(arguments: [String], text: String) throws {
        let outcome = try reproduce(arguments)
        #expect(outcome.status == 64, "\(outcome)")
        #expect(outcome.errors.contains(text), "\(outcome)")
        #expect(!FileManager.default.fileExists(atPath: root.path + "/runs"))
    }

    @Test func noDataAtAllIsAnError() throws {
        let outcome = try reproduce(["table1.13"])
        #expect(outcome.status == 66, "\(outcome)")
    }
}
