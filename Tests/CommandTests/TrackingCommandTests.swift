import FileFormats
import Foundation
import TestSupport
import Testing

/// Trackers of a real run, also those that fail. `Scripts/check_tracking` has real readers and servers.
struct TrackingCommandTests {
    private let data: TemporaryFolder
    private let runs: TemporaryFolder

    init() throws {
        data = try TemporaryFolder()
        runs = try TemporaryFolder()
        try TinyData.write(to: data.url)
    }

    private func train(
        _ name: String, _ arguments: [String], environment: [String: String] = [:]
    ) throws -> Program.Outcome {
        try Program.run(
            [
                "train", "--backend", "cpu", "--threads", "1", "--data-dir", data.path,
                "--runs-dir", runs.path, "--name", name, "--batch-size", "32", "--epochs", "3",
            ] + arguments, environment: environment)
    }

    private func push(_ arguments: [String]) throws -> Program.Outcome {
        try Program.run(["runs", "push"] + arguments)
    }

    private func weights(_ name: String) throws -> [UInt8] {
        try readFile("\(runs.path)/\(name)/001/weights/last.safetensors")
    }

    private func expectSameWeights(_ name: String, _ other: String) throws {
        let isSame = try weights(name) == weights(other)
        #expect(isSame, "\(name) and \(other)")
    }

    private func events(_ name: String) throws -> [String] {
        let path = "\(runs.path)/\(name)/001/tensorboard"
        return (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? []
    }

    @Test func aTrackedRunIsTheSameRun() throws {
        let double = try MLflowDouble()
        #expect(try train("plain", []).status == 0)
        let outcome = try train(
            "tracked", ["--track", "mlflow=\(double.base)", "--track", "tensorboard"])
        #expect(outcome.status == 0, "\(outcome)")
        #expect(!outcome.errors.contains("note: "), "\(outcome)")
        try expectSameWeights("plain", "tracked")
        let run = try #require(double.runs["run1"])
        #expect(double.experiments == ["tracked"] && run.status == "FINISHED")
        #expect(run.values.filter { $0.key == "acc_test" }.map(\.step).sorted() == [1, 2, 3])
        #expect(run.values.contains { $0.key.hasPrefix("block_loss/") })
        #expect(try events("tracked").count == 1)
        // Nothing is missing, so nobody is asked.
        let calls = double.calls.count
        let again = try push(["\(runs.path)/tracked/001"])
        #expect(again.status == 0 && again.value("records") == "0", "\(again)")
        #expect(double.calls.count == calls)
    }

    /// The trackers of a run stay its trackers; values measured twice are there once.
    @Test func aRunThatGoesOnGoesOnBeingTracked() throws {
        let double = try MLflowDouble()
        let first = try train(
            "run",
            ["--track", "tensorboard", "--track", "mlflow=\(double.base)", "--max-steps", "13"])
        #expect(first.status == 0, "\(first)")
        let path = "\(runs.path)/run/001"
        let second = try Program.run(["train", "--resume", path, "--max-steps", "1000"])
        #expect(second.status == 0, "\(second)")
        #expect(try events("run").count == 2)
        let run = try #require(double.runs["run1"])
        #expect(double.runs.count == 1 && run.status == "FINISHED")
        #expect(run.tags["lls.changed.max_steps"] == "1000")
        #expect(run.values.filter { $0.key == "acc_test" && $0.step == 1 }.count == 1)
        let third = try Program.run([
            "train", "--resume", path, "--epochs", "4", "--track", "none",
        ])
        #expect(third.status == 0, "\(third)")
        #expect(try events("run").count == 2)
    }

    /// Nobody is there, nobody answers, or somebody else answers: the run is the same, and one line says
    /// what is wrong.
    @Test(arguments: [
        nil, MLflowDouble.Fault.hangs(60), .answers("<html>", type: "text/html"),
        .answers("{}", status: "500 Internal Server Error"),
    ])
    func noServerHoldsARunUp(fault: MLflowDouble.Fault?) throws {
        let clock = ContinuousClock()
        var plain = 0
        let unhindered = try clock.measure { plain = Int(try train("plain", []).status) }
        let broken = try fault.map { fault in try MLflowDouble { _, _ in fault } }
        let address = broken?.base ?? "http://127.0.0.1:1"
        var outcome: Program.Outcome?
        let hindered = try clock.measure {
            outcome = try train("run", ["--track", "mlflow=\(address)"])
        }
        let run = try #require(outcome)
        #expect(plain == 0 && run.status == 0, "\(run)")
        #expect(hindered < unhindered * 2 + .seconds(6), "\(hindered), not \(unhindered)")
        try expectSameWeights("plain", "run")
        let notes = run.errors.split(separator: "\n").filter { $0.hasPrefix("note: ") }
        #expect(notes.count == 2 && notes.last?.contains("runs push") == true, "\(run)")

        let double = try MLflowDouble()
        let sent = try push(["\(runs.path)/run/001", "--track", "mlflow=\(double.base)", "--json"])
        let metrics = try String(
            contentsOfFile: "\(runs.path)/run/001/metrics.jsonl", encoding: .utf8)
        let count = metrics.split(separator: "\n").count
        #expect(sent.status == 0 && sent.output.contains(#""records":\#(count)"#), "\(sent)")
        #expect(double.runs["run1"]?.status == "FINISHED")
    }

    @Test func aServerThatIsAwayIsAnError() throws {
        #expect(try train("run", []).status == 0)
        let path = "\(runs.path)/run/001"
        let away = try push([path, "--track", "mlflow=http://127.0.0.1:1"])
        #expect(away.status == 74 && away.output.isEmpty, "\(away)")
        #expect(away.errors.contains("http://127.0.0.1:1: "), "\(away)")
        #expect(away.errors.split(separator: "\n").count <= 3, "\(away)")
        #expect(try push([path, "--track", "tensorboard"]).status == 64)
        #expect(try push(["\(runs.path)/none"]).status == 66)
        try Data("{".utf8).write(to: URL(filePath: path + "/tracking.json"))
        let damaged = try push([path])
        #expect(damaged.status == 65 && damaged.errors.contains("tracking.json"), "\(damaged)")
        try FileManager.default.removeItem(atPath: path + "/tracking.json")
        let unnamed = try push([path])
        #expect(unnamed.status == 78 && unnamed.errors.contains("--track"), "\(unnamed)")
    }

    /// Without arguments, all runs that have a server.
    @Test func allRunsArePushed() throws {
        let double = try MLflowDouble()
        #expect(try train("first", []).status == 0)
        #expect(try train("second", []).status == 0)
        let named = try push(["--runs-dir", runs.path, "--track", "mlflow=\(double.base)"])
        #expect(named.status == 0 && named.output.split(separator: "\n").count == 2, "\(named)")
        #expect(double.experiments.sorted() == ["first", "second"])
        let again = try push(["--runs-dir", runs.path])
        #expect(again.status == 0 && again.value("values") == "0", "\(again)")
    }

    @Test func passwordsAreInNoFile() throws {
        let double = try MLflowDouble()
        let place = double.base.dropFirst("http://".count)
        let environment = ["MLFLOW_TRACKING_TOKEN": "hushhush"]
        let first = try train(
            "run", ["--track=mlflow=http://me:hushhush@\(place)"], environment: environment)
        #expect(first.status == 0 && !double.authorization.contains(""), "\(first)")
        let outcomes = [
            first,
            try Program.run([
                "train", "--resume", "\(runs.path)/run/001", "--epochs", "4", "--track",
                "mlflow=http://me:hushhush@\(place)",
            ]),
            try Program.run(["train", "--track", "mlflow=http://me:hushhush@\(place):x"]),
        ]
        #expect(outcomes.map(\.status) == [0, 0, 64])
        for outcome in outcomes {
            #expect(!outcome.errors.contains("hushhush") && !outcome.output.contains("hushhush"))
        }
        let files = try #require(FileManager.default.enumerator(atPath: runs.path))
        for case let name as String in files {
            let path = "\(runs.path)/\(name)"
            guard FileSystem.isFile(path) else { continue }
            let isClean = try readFile(path).firstRange(of: Array("hushhush".utf8)) == nil
            #expect(isClean, "\(name)")
        }
    }

    /// A run of a damaged file begins it anew, and a name that is none is refused at once.
    @Test func damageAndBadNames() throws {
        #expect(try train("run", ["--track", "tensorboard"]).status == 0)
        let path = "\(runs.path)/run/001"
        try Data("{".utf8).write(to: URL(filePath: path + "/tracking.json"))
        let outcome = try Program.run(["train", "--resume", path, "--epochs", "4"])
        #expect(outcome.status == 0 && outcome.errors.contains("begun anew"), "\(outcome)")
        for (track, mention) in [
            ("tensorbord", "Did you mean 'tensorboard'"), ("mlflow=ftp://h", "http://"),
        ] {
            let refused = try train("bad", ["--track", track])
            #expect(refused.status == 64 && refused.errors.contains(mention), "\(refused)")
            #expect(refused.errors.split(separator: "\n").count <= 3, "\(refused)")
        }
        #expect(!FileSystem.exists("\(runs.path)/bad"))
    }
}
