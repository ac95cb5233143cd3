import Foundation
import LLSCommands
import TestSupport
import Testing

/// A program of somebody else's, which adds a rule, an optimizer and a network: `Examples/OwnRule`.
struct OwnProgramTests {
    private func run(_ arguments: String...) throws -> Program.Outcome {
        let program = Program.path.deletingLastPathComponent().appending(path: "own-rule")
        return try Program.run(arguments, executable: program)
    }

    @Test func whatIsAddedIsNamedEverywhere() throws {
        let help = try run("train", "--help")
        #expect(help.status == 0 && help.output.contains("USAGE: own-rule train"))
        let script = try run("--generate-completion-script", "bash").output
        for name in ["Walsh", "Lion", "Wide"] {
            #expect(help.output.contains(name), "\(name)")
            // The script asks the program for networks, besides which it completes files.
            if name != "Wide" { #expect(script.contains(name), "\(name)") }
        }
        let list = try run("data", "ls")
        #expect(list.output.contains("\nPhotographs "), "\(list)")
        let missing = try run("train", "--dry-run", "--dataset", "photo-graphs")
        #expect(missing.status == 66 && missing.errors.contains("Name its folder"), "\(missing)")
        for (flag, name) in [("--rule", "Walhs"), ("--optimizer", "Loin"), ("--model", "Wyde")] {
            let refused = try run("train", "--dry-run", flag, name)
            #expect(refused.status == 64)
            #expect(refused.errors.contains("Did you mean"), "\(refused.errors)")
            #expect(refused.errors.contains("See 'own-rule train --help'"), "\(refused.errors)")
        }
        #expect(try Program.run(["train", "--dry-run", "--rule", "Walsh"]).status == 64)
    }

    /// On every backend, and with each of the three alone, too; then its weights are found by name.
    @Test(
        arguments: [["--rule", "Walsh"], ["--optimizer", "lion"], ["--model", "wide"]].map {
            (TrainTests.backends[0], $0)
        }
            + TrainTests.backends.map {
                ($0, ["--rule", "walsh", "--optimizer", "Lion", "--model", "Wide"])
            })
    func whatIsAddedLearns(backend: [String], added: [String]) throws {
        let (data, runs) = (try TemporaryFolder(), try TemporaryFolder())
        try TinyData.write(to: data.url)
        let program = Program.path.deletingLastPathComponent().appending(path: "own-rule")
        let rate = added.contains { $0.lowercased() == "lion" } ? "1e-3" : "5e-3"
        let outcome = try Program.run(
            ["train"] + backend + added + [
                "--data-dir", data.path, "--runs-dir", runs.path, "--epochs", "4", "--batch-size",
                "32", "--lr", rate,
            ], executable: program)
        #expect(outcome.status == 0, "\(outcome)")
        let top1 = try #require(outcome.value("test_top1").flatMap(Double.init), "\(outcome)")
        #expect(top1 > 60, "\(outcome.lastLine)")
        let run = try #require(outcome.value("run"))
        let evaluation = try Program.run(["eval", run] + backend, executable: program)
        #expect(evaluation.value("test_top1") == outcome.value("test_top1"), "\(evaluation)")
        // Our program knows none of them, and says which.
        let unknown = try Program.run(["eval", run] + backend)
        #expect(unknown.status == 78 || unknown.status == 65, "\(unknown)")
        #expect(unknown.errors.contains("unknown"), "\(unknown)")
    }

    @Test func namesMustBeNew() {
        #expect(nameConflict(["LLS", "LLS_M"], kind: "learning rule") == nil)
        #expect(
            nameConflict(["LLS_M", "lls-m"], kind: "learning rule")
                == "two entries are called learning rule 'lls-m': give yours another name")
        #expect(nameConflict(["a", "-_"], kind: "model")?.contains("invalid name '-_'") == true)
    }
}
