import FileFormats
import Foundation
import TestSupport
import Testing

/// However a run ends, its folder says so, and what was good is kept.
struct RunEndTests {
    private struct Folder {
        let path: String
        let result: [String: Any]
        let log: String

        init(in runs: TemporaryFolder) throws {
            let name = try #require(try runs.contents().first)
            path = "\(runs.path)/\(name)/001"
            let data = try Data(contentsOf: URL(filePath: path + "/result.json"))
            result = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
            log = try String(contentsOfFile: path + "/log.txt", encoding: .utf8)
        }

        var table: [String] {
            let text = try? String(contentsOfFile: path + "/metrics.csv", encoding: .utf8)
            return (text ?? "").split(separator: "\n").map(String.init)
        }

        func metadata(_ file: String) throws -> [String: String] {
            try SafetensorsFile(reading: "\(path)/weights/\(file).safetensors").metadata
        }
    }

    private func train(
        _ arguments: [String], _ runs: TemporaryFolder, shell: String? = nil
    ) throws -> Program.Outcome {
        let data = try TemporaryFolder()
        try TinyData.write(to: data.url)
        return try Program.run(
            [
                "train", "--backend", "cpu", "--data-dir", data.path, "--runs-dir", runs.path,
                "--batch-size", "32",
            ] + arguments, shell: shell)
    }

    @Test func aDivergedRunKeepsItsLastGoodWeights() throws {
        let runs = try TemporaryFolder()
        let outcome = try train(
            [
                "--epochs", "5", "--lr-scheduler", "MultiStepLR", "--milestones", "2", "--gamma",
                "1e30", "--save-best-model",
            ], runs)
        #expect(outcome.status == 3, "\(outcome)")
        #expect(outcome.errors.contains("diverged at epoch 3"))
        #expect(outcome.errors.contains("--gamma 1e+30"))
        #expect(outcome.output.isEmpty)
        let folder = try Folder(in: runs)
        #expect(folder.result["status"] as? String == "diverged")
        #expect(folder.result["epochs"] as? Int == 2)
        #expect((folder.result["reason"] as? String)?.contains("epoch 3") == true)
        #expect(folder.result["test_top1"] is Double)
        #expect(folder.log.contains("diverged: training diverged at epoch 3"))
        #expect(folder.table.count == 5)
        let metadata = try folder.metadata("last")
        #expect(metadata["lls.epoch"] == "2" && metadata["lls.step"] == "16")
        // The file is one that can be read: `load` refuses what is no finite number.
        let data = try TemporaryFolder()
        try TinyData.write(to: data.url)
        let eval = try Program.run([
            "eval", folder.path, "--backend", "cpu", "--data-dir", data.path,
        ])
        #expect(eval.status == 0, "\(eval)")
    }

    @Test func aRunThatDivergesAtOnceSaysThatNothingIsKept() throws {
        let runs = try TemporaryFolder()
        let outcome = try train(["--optimizer", "SGD", "--lr", "1000000"], runs)
        #expect(outcome.status == 3, "\(outcome)")
        #expect(outcome.errors.contains("The likely cause is the learning rate"))
        #expect(outcome.errors.contains("No epoch was completed"))
        let folder = try Folder(in: runs)
        #expect(folder.result["status"] as? String == "diverged")
        #expect(folder.result["epochs"] as? Int == 0)
        #expect(folder.table.count == 1)
    }

    @Test func aCompletedRunSaysSo() throws {
        let runs = try TemporaryFolder()
        let outcome = try train(["--epochs", "2", "--rule", "BP", "--waveform", "square"], runs)
        #expect(outcome.status == 0, "\(outcome)")
        let folder = try Folder(in: runs)
        #expect(folder.result["status"] as? String == "completed")
        #expect(folder.result["reason"] == nil)
        #expect(folder.log.contains("note     --waveform has no effect with BP"))
        #expect(folder.log.hasSuffix("completed\n"))
        #expect(folder.table.count == 5)
        let metadata = try folder.metadata("last")
        #expect(metadata["lls.epoch"] == "2" && metadata["lls.step"] == "16")
        let devices = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("device ") }
        #expect(devices.count == 1, "\(outcome.errors)")
    }

    /// With the first weights there, the shell sends the signal to itself, which is the program by then.
    /// SIGINT is left out, because a shell's background job, as a test may be, ignores it.
    @Test(arguments: ["HUP", "TERM"])
    func aStoppedRunLeavesItsFolderInOrder(signal: String) throws {
        let runs = try TemporaryFolder()
        let outcome = try train(
            ["--epochs", "1000", "--max-steps", "4000"], runs,
            shell: """
                (until ls \(runs.path)/*/001/weights/last.safetensors; do sleep 0.1; done; sleep 0.3; \
                kill -\(signal) $$) >/dev/null 2>&1 &
                """)
        // A checkpoint is saved, and the program says how to go on.
        #expect(outcome.status == 75, "\(outcome)")
        #expect(outcome.errors.contains("train --resume \(runs.path)/"), "\(outcome)")
        #expect(outcome.errors.contains("the run was stopped by SIG\(signal)"), "\(outcome)")
        let folder = try Folder(in: runs)
        #expect(folder.result["status"] as? String == "stopped")
        let epochs = try #require(folder.result["epochs"] as? Int)
        #expect(epochs >= 1)
        #expect(folder.table.count == 1 + 2 * epochs)
        #expect(try folder.metadata("last")["lls.epoch"] == "\(epochs)")
        #expect(folder.log.contains("stopped: the run was stopped by SIG\(signal)"))
    }

    /// Folders become files as soon as they are there, so that nothing can be saved in them.
    @Test(arguments: [["weights"], ["weights", "checkpoints"]])
    func whatCannotBeSavedFailsARunOnlyIfNothingIs(names: [String]) throws {
        let runs = try TemporaryFolder()
        let folders = names.map { "\(runs.path)/*/001/\($0)" }.joined(separator: " ")
        let outcome = try train(
            ["--epochs", "3"], runs,
            shell: """
                (until ls \(runs.path)/*/001/metrics.jsonl; do sleep 0.01; done; \
                for f in \(folders); do rm -rf $f; touch $f; done) >/dev/null 2>&1 &
                """)
        let fails = names.count == 2
        #expect(outcome.status == (fails ? 74 : 0), "\(outcome)")
        #expect(outcome.errors.contains("the weights could not be written"), "\(outcome)")
        let folder = try Folder(in: runs)
        #expect(folder.result["status"] as? String == (fails ? "failed" : "completed"))
        // Every epoch was measured.
        #expect(folder.table.count == 7)
    }

    @Test func progressIsJSONAlone() throws {
        let runs = try TemporaryFolder()
        let outcome = try train(
            ["--epochs", "2", "--progress", "json", "--report-every", "4"], runs)
        #expect(outcome.status == 0, "\(outcome)")
        let lines = try outcome.errors.split(separator: "\n").map {
            try #require(
                try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any], "\($0)")
        }
        let steps = lines.filter { $0["event"] as? String == "step" }
        #expect(steps.count == 4)
        for event in steps + lines.filter({ $0["event"] as? String == "epoch" }) {
            let losses = try #require(event["losses"] as? [String: Double])
            #expect(
                Set(losses.keys) == [
                    "conv_block1", "conv_block2", "conv_block3", "linear_block1", "output",
                ])
        }
        #expect(lines.filter { $0["event"] as? String == "epoch" }.count == 2)
    }
}
