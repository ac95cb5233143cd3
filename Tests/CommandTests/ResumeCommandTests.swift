import FileFormats
import Foundation
import TestSupport
import Testing

/// A run that was stopped, or killed, goes on in its folder as if nothing had happened.
struct ResumeCommandTests {
    private let data: TemporaryFolder
    private let runs: TemporaryFolder

    init() throws {
        data = try TemporaryFolder()
        runs = try TemporaryFolder()
        try TinyData.write(to: data.url)
    }

    private func train(_ name: String, _ arguments: [String]) throws -> Program.Outcome {
        try Program.run(
            [
                "train", "--backend", "cpu", "--threads", "2", "--data-dir", data.path,
                "--runs-dir", runs.path, "--name", name, "--batch-size", "32",
            ] + arguments)
    }

    private func resume(_ name: String, _ arguments: [String] = []) throws -> Program.Outcome {
        try Program.run(["train", "--resume", "\(runs.path)/\(name)/001"] + arguments)
    }

    private func bytes(_ file: String) throws -> [UInt8] { try readFile("\(runs.path)/\(file)") }

    /// The records of whole epochs, after a look at those of steps: each step is in one of them.
    private func metrics(_ name: String) throws -> [[String: Any]] {
        let records = try String(decoding: bytes("\(name)/001/metrics.jsonl"), as: UTF8.self)
            .split(separator: "\n").compactMap {
                try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
            }
        let counts = records.compactMap { $0["steps"] as? Int }
        #expect(counts.reduce(0, +) == records.last?["step"] as? Int, "\(counts)")
        return records.filter { $0["steps"] == nil }
            .map { record -> [String: Any] in
                var record = record
                // Measured, each by its own process.
                for key in ["seconds", "images_per_second", "peak_bytes"] { record[key] = nil }
                return record
            }
    }

    /// Eight steps an epoch: stopped after the fifth, within an epoch, and after the eighth, at its end.
    @Test(arguments: [5, 8, 13])
    func whatGoesOnIsWhatWasNotStopped(steps: Int) throws {
        let arguments = ["--epochs", "3", "--seed", "3", "--dropout", "0.1", "--save-best-model"]
        #expect(try train("whole", arguments).status == 0)
        let first = try train("cut", arguments + ["--max-steps", "\(steps)", "--save-every", "1s"])
        #expect(first.status == 0, "\(first)")
        let outcome = try resume("cut", ["--max-steps", "1000"])
        #expect(outcome.status == 0, "\(outcome)")
        for file in ["last", "best"] {
            let (whole, cut) = (
                try bytes("whole/001/weights/\(file).safetensors"),
                try bytes("cut/001/weights/\(file).safetensors")
            )
            // A difference of two long arrays takes the testing library hours to show.
            let isSame = whole == cut
            #expect(isSame, "\(file)")
        }
        let (whole, cut) = (try metrics("whole"), try metrics("cut"))
        #expect(NSArray(array: whole) == NSArray(array: cut))
        let log = String(decoding: try bytes("cut/001/log.txt"), as: UTF8.self)
        #expect(log.contains("resumed  after step"))
        let commands = String(decoding: try bytes("cut/001/command.txt"), as: UTF8.self)
        #expect(commands.split(separator: "\n").count == 2)
    }

    /// What is said of a checkpoint is what the run said there.
    @Test func checkpointsAreEvaluatedAsTheirRunWas() throws {
        // Stopped after the fifth step, which the run then evaluates.
        let first = try train(
            "run", ["--epochs", "2", "--max-steps", "5", "--save-every", "5s", "--dropout", "0.1"])
        #expect(first.status == 0, "\(first)")
        let path = "\(runs.path)/run/001"
        let within = try Program.run(["eval", "\(path)/checkpoints/000001", "--backend", "cpu"])
        #expect(within.status == 0, "\(within)")
        for key in ["test_top1", "test_loss"] {
            #expect(within.value(key) == first.value(key), "\(key): \(within) \(first)")
        }
        // The end of an epoch, and a run without weights.
        #expect(try resume("run", ["--max-steps", "8", "--save-every", "1e"]).status == 0)
        let last = try Program.run(["eval", path])
        try FileManager.default.removeItem(atPath: "\(path)/weights/last.safetensors")
        let newest = try Program.run(["eval", path])
        #expect(newest.status == 0 && newest.lastLine == last.lastLine, "\(newest) \(last)")
        #expect(newest.errors.contains("newest checkpoint"), "\(newest)")
        try Data().write(to: URL(filePath: "\(path)/checkpoints/000001/weights.safetensors"))
        let damaged = try Program.run(["eval", "\(path)/checkpoints/000001"])
        #expect(damaged.status == 65, "\(damaged)")
    }

    @Test func anOlderCheckpointIsUsedIfTheNewestIsDamaged() throws {
        #expect(try train("run", ["--epochs", "2", "--max-steps", "12"]).status == 0)
        let folder = "\(runs.path)/run/001/checkpoints"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(names.count == 2)
        let file = "\(folder)/\(names[1])/optimizer.safetensors"
        var damaged = try readFile(file)
        damaged[damaged.count / 2] ^= 1
        try Data(damaged).write(to: URL(filePath: file))
        let outcome = try resume("run", ["--max-steps", "20"])
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.errors.contains("SHA-256"), "\(outcome.errors)")
        #expect(outcome.errors.contains("resumed  after step 8"), "\(outcome.errors)")

        try FileManager.default.removeItem(atPath: folder)
        let none = try resume("run", ["--epochs", "9"])
        #expect(none.status == 65 && none.errors.contains("no checkpoint"), "\(none)")
    }

    @Test func whatWouldChangeTheResultIsRefused() throws {
        #expect(try train("run", ["--epochs", "1"]).status == 0)
        let before = try bytes("run/001/config.yaml")
        let changed = try resume("run", ["--epochs", "2", "--lr", "0.1", "--seed", "7"])
        #expect(changed.status == 78, "\(changed)")
        #expect(changed.errors.contains("lr 0.005 → 0.1, seed 0 → 7"), "\(changed)")
        #expect(changed.errors.contains("--allow-change"), "\(changed)")
        let complete = try resume("run")
        #expect(complete.status == 78 && complete.errors.contains("raise --epochs"), "\(complete)")
        let renamed = try resume("run", ["--name", "other", "--epochs", "2"])
        #expect(renamed.status == 64 && renamed.errors.contains("--name"), "\(renamed)")
        #expect(try bytes("run/001/config.yaml") == before)
        let allowed = try resume("run", ["--epochs", "2", "--lr", "0.1", "--allow-change"])
        #expect(allowed.status == 0, "\(allowed)")
    }

    @Test func aSecondProcessIsRefusedAndToldByWhom() throws {
        #expect(try train("run", ["--epochs", "1"]).status == 0)
        let path = "\(runs.path)/run/001"
        let process = Process()
        process.executableURL = Program.path
        process.arguments = ["train", "--resume", path, "--epochs", "100000", "--progress", "none"]
        process.environment = ProcessInfo.processInfo.environment
            .merging(["LLS_TUNING": "off"]) { $1 }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer { process.waitUntilExit() }
        defer { kill(process.processIdentifier, SIGKILL) }
        // The first one has the lock before it writes the log's line.
        let log = "\(path)/log.txt"
        for _ in 0..<300 {
            if (try? String(contentsOfFile: log, encoding: .utf8))?.contains("resumed") == true {
                break
            }
            usleep(100_000)
        }
        let second = try resume("run", ["--epochs", "100000"])
        #expect(second.status == 73, "\(second)")
        #expect(second.errors.contains("process \(process.processIdentifier)"), "\(second)")
    }

    @Test func timeThatIsOverLeavesACheckpoint() throws {
        let outcome = try train("run", ["--epochs", "100000", "--max-time", "1s"])
        #expect(outcome.status == 75, "\(outcome)")
        #expect(outcome.errors.contains("--max-time") && outcome.errors.contains("--resume"))
        let names = try FileManager.default.contentsOfDirectory(
            atPath: "\(runs.path)/run/001/checkpoints")
        #expect(!names.isEmpty)
    }
}
