import FileFormats
import Foundation
import LLSCommands
import Runs
import TestSupport
import Testing

/// `train --config` and `config show`: settings from a file, and where each comes from.
struct ConfigTests {
    private let root: TemporaryFolder

    init() throws {
        root = try TemporaryFolder()
        for name in ["data", "here", "there"] {
            try FileManager.default.createDirectory(
                at: root.url.appending(path: name), withIntermediateDirectories: false)
        }
        try TinyData.write(to: root.url.appending(path: "data"))
    }

    private func lls(
        _ arguments: [String], in folder: String, environment: [String: String] = [:]
    ) throws -> Program.Outcome {
        try Program.run(
            arguments, environment: environment, in: root.url.appending(path: folder))
    }

    /// What a run leaves, without what depends on time and place.
    private func results(_ run: String) throws -> (weights: [UInt8], metrics: [[String: Any]]) {
        let metrics = try String(decoding: readFile("\(run)/metrics.jsonl"), as: UTF8.self)
            .split(separator: "\n").compactMap { line in
                var record =
                    try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                for key in ["seconds", "images_per_second", "peak_bytes"] { record?[key] = nil }
                return record
            }
        return (try readFile("\(run)/weights/last.safetensors"), metrics)
    }

    /// Values of one setting, as `config show --json` prints them.
    private func settings(
        _ arguments: [String], environment: [String: String] = [:]
    ) throws -> [String: [String: Any]] {
        let outcome = try lls(
            ["config", "show", "--json"] + arguments, in: "here", environment: environment)
        try #require(outcome.status == 0, "\(outcome)")
        var found: [String: [String: Any]] = [:]
        for line in outcome.output.split(separator: "\n") {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
            let setting = try #require(object as? [String: Any])
            found[try #require(setting["key"] as? String)] = setting
        }
        return found
    }

    // MARK: Repeating a run

    /// Relative paths, a network in a file, class weights in a file, weights to start from: from another
    /// folder its `config.yaml` says all of it.
    @Test(arguments: [false, true])
    func aRunIsRepeatedToTheByte(startsFromWeights: Bool) throws {
        let here = root.path + "/here"
        let weights = (0..<10).map { "\"\($0)\": \($0 + 1)" }
        let classes = [
            "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
            "Bag", "Ankle boot",
        ]
        #expect(weights.count == classes.count)
        try Data(
            classes.enumerated().map { "\"\($1)\": \($0 + 1)\n" }.joined().utf8
        ).write(to: URL(filePath: here + "/weights.yaml"))
        try Data(
            """
            name: Net
            stages:
              - convolution: {channels: 8, pool: 4}
              - maxPool
              - convolution: {channels: 16, pool: 2}
              - averagePool: 2
              - dropout
              - linear: {features: 32, pool: 32}

            """.utf8
        ).write(to: URL(filePath: here + "/net.yaml"))
        var arguments = [
            "train", "--backend", "cpu", "--threads", "2", "--data-dir", "../data", "--runs-dir",
            "runs", "--epochs", "2", "--lr", "0.0123456789", "--optimizer", "SGD", "--momentum",
            "0.8", "--nesterov", "--weight-decay", "1e-4", "--lr-scheduler", "MultiStepLR",
            "--milestones", "1", "--gamma", "0.5", "--batch-size", "48", "--test-batch-size", "24",
            "--seed", "77", "--dropout", "0.25", "--pool", "avg", "--rule", "lls-mxm", "--waveform",
            "square", "--temperature", "0.7", "--label-smoothing", "0.1", "--limit-train", "200",
            "--limit-test", "50", "--print-freq", "2", "--model", "net.yaml", "--class-weights",
            "weights.yaml", "--augment", "flip", "--convolution", "direct", "--no-exif",
        ]
        if startsFromWeights {
            let first = try lls(arguments + ["--name", "first", "--max-steps", "3"], in: "here")
            try #require(first.status == 0, "\(first)")
            arguments += ["--init", try #require(first.value("run")), "--new-head"]
        }
        let outcome = try lls(arguments + ["--name", "one"], in: "here")
        try #require(outcome.status == 0, "\(outcome)")
        let one = here + "/" + (try #require(outcome.value("run")))

        let again = try lls(
            ["train", "--config", "\(one)/config.yaml", "--runs-dir", "runs"], in: "there",
            environment: ["LLS_TUNING": ""])
        try #require(again.status == 0, "\(again)")
        let two = root.path + "/there/" + (try #require(again.value("run")))
        let (first, second) = (try results(one), try results(two))
        let isSame = first.weights == second.weights
        #expect(isSame)
        #expect(first.metrics.count >= 4)
        #expect(NSArray(array: first.metrics) == NSArray(array: second.metrics))
        // Each names the network file of its own folder.
        func text(_ run: String) throws -> [String] {
            try String(decoding: readFile("\(run)/config.yaml"), as: UTF8.self)
                .split(separator: "\n").map(String.init)
        }
        let changed = try zip(text(one), text(two)).filter { $0 != $1 }.map(\.0)
        #expect(changed == ["model: \(one)/network.yaml"])

        // A run that was moved finds its network beside its settings.
        try FileManager.default.moveItem(atPath: one, toPath: root.path + "/moved")
        let moved = try lls(
            ["train", "--config", "../moved/config.yaml", "--runs-dir", "runs", "--dry-run"],
            in: "there")
        if startsFromWeights {
            #expect(moved.status == 0, "\(moved)")
        } else {
            #expect(moved.status == 0 && moved.output.contains("model    Net"), "\(moved)")
        }
    }

    @Test func weightsToStartFromThatHaveChangedAreNoticed() throws {
        let train = [
            "train", "--backend", "cpu", "--data-dir", "../data", "--runs-dir", "runs",
            "--batch-size", "32", "--max-steps", "2",
        ]
        let first = try lls(train + ["--name", "a"], in: "here")
        let second = try lls(
            train + ["--name", "b", "--init", "runs/a/001", "--save-every", "1s"], in: "here")
        try #require(first.status == 0 && second.status == 0, "\(first) \(second)")
        let config = "runs/b/001/config.yaml"
        let known = try settings(["--config", config])
        #expect(known["init"]?["value"] as? String == root.path + "/here/runs/a/001")
        #expect(known["new-head"]?["value"] as? Bool == false)
        let third = try lls(train + ["--name", "a", "--seed", "5"], in: "here")
        try #require(third.status == 0, "\(third)")
        let (old, new) = ("here/runs/a/001", "here/runs/a/002")
        let file = "/weights/last.safetensors"
        try FileManager.default.removeItem(atPath: root.path + "/" + old + file)
        try FileManager.default.copyItem(
            atPath: root.path + "/" + new + file, toPath: root.path + "/" + old + file)
        let refused = try lls(["train", "--config", config, "--dry-run"], in: "here")
        #expect(refused.status == 78, "\(refused)")
        #expect(refused.errors.contains("has changed"), "\(refused)")
        #expect(refused.errors.contains("column 14: 'init-sha256'"), "\(refused)")
        let taken = try lls(
            ["train", "--config", config, "--dry-run", "--init", "runs/a/001"], in: "here")
        #expect(taken.status == 0, "\(taken)")
        // The run goes on from its checkpoint, wherever it started.
        try FileManager.default.removeItem(atPath: root.path + "/" + old)
        let resumed = try lls(
            ["train", "--resume", "runs/b/001", "--max-steps", "4"], in: "here")
        #expect(resumed.status == 0, "\(resumed)")
        #expect(try settings(["--config", config, "--init", "runs/a/002"]).count > 40)
    }

    // MARK: Where values come from

    @Test func aFlagComesBeforeAVariableBeforeAFileBeforeTheDefault() throws {
        let file = try root.put(
            Array(
                """
                # mine
                lr: 0.25
                epochs: 7
                data-dir: /of/the/file
                tuning: cached
                optimizer: sgd
                nesterov: true

                """.utf8), as: "mine.yaml")
        func check(
            _ arguments: [String], _ environment: [String: String], _ key: String, _ value: String,
            _ origin: String, _ location: SourceLocation = #_sourceLocation
        ) throws {
            let setting = try settings(
                ["--config", file] + arguments,
                environment: ["LLS_TUNING": ""].merging(environment) { $1 })[key]
            let text = setting?["value"].map { "\($0)" }
            #expect(text == value, "\(key)", sourceLocation: location)
            #expect(setting?["origin"] as? String == origin, "\(key)", sourceLocation: location)
        }
        try check([], [:], "momentum", "0.9", "default")
        try check([], [:], "lr", "0.25", "file")
        try check(["--lr", "0.5"], [:], "lr", "0.5", "flag")
        try check(["--learning-rate=0.5"], [:], "lr", "0.5", "flag")
        try check(["--num-epochs", "3"], [:], "epochs", "3", "flag")
        try check([], [:], "tuning", "cached", "file")
        try check([], ["LLS_TUNING": "off"], "tuning", "off", "environment")
        try check(["--tuning", "auto"], ["LLS_TUNING": "off"], "tuning", "auto", "flag")
        try check([], [:], "data-dir", "/of/the/file", "file")
        try check([], ["LLS_DATA": "/of/mine"], "data-dir", "/of/mine", "environment")
        try check(["--dataset-dir", "d"], [:], "data-dir", root.path + "/here/d", "flag")
        try check([], [:], "optimizer", "SGD", "file")
        try check([], [:], "nesterov", "1", "file")
        try check(["--no-nesterov"], [:], "nesterov", "0", "flag")
        let place = try settings(["--config", file])["lr"]
        #expect(place?["line"] as? Int == 2 && place?["column"] as? Int == 5)
        #expect(place?["path"] as? String == file)
    }

    /// What is printed is a file that gives the same settings again.
    @Test func whatIsShownIsItselfAFile() throws {
        let arguments = ["--lr", "0.1", "--milestones", "3", "9", "--device", "a # b"]
        let shown = try lls(["config", "show"] + arguments, in: "here")
        #expect(shown.status == 0, "\(shown)")
        #expect(shown.output.contains(/\nlr: 0\.1 +# flag --lr\n/), "\(shown)")
        #expect(shown.output.contains(/\nepochs: 5 +# default\n/), "\(shown)")
        #expect(shown.output.contains(/\ntuning: "off" +# environment variable LLS_TUNING\n/))
        let file = try root.put(Array(shown.output.utf8), as: "shown.yaml")
        let (direct, again) = (try settings(arguments), try settings(["--config", file]))
        #expect(direct.count == RunConfiguration.CodingKeys.allCases.count)
        for (key, setting) in direct {
            let (value, other) = ("\(setting["value"] ?? "")", "\(again[key]?["value"] ?? "")")
            #expect(value == other, "\(key)")
        }
        #expect(again["epochs"]?["origin"] as? String == "file")
    }

    /// Every spelling of a flag that sets a key is known to set it.
    @Test func everyKeyKnowsItsFlags() throws {
        let dump = try Program.run(["--experimental-dump-help"])
        let object = try JSONSerialization.jsonObject(with: Data(dump.output.utf8))
        let tool = (object as? [String: Any])?["command"] as? [String: Any]
        let commands = try #require(tool?["subcommands"] as? [[String: Any]])
        let train = try #require(commands.first { $0["commandName"] as? String == "train" })
        var spellings: Set<Set<String>> = []
        for argument in try #require(train["arguments"] as? [[String: Any]]) {
            let names = (argument["names"] as? [[String: Any]] ?? []).compactMap {
                $0["name"] as? String
            }
            spellings.insert(Set(names))
        }
        for key in RunConfiguration.CodingKeys.allCases {
            let flags = Set(key.flags)
            // Both forms of a flag that can be switched off are listed apart.
            let isKnown =
                spellings.contains(flags) || flags.allSatisfy { spellings.contains([$0]) }
            #expect(isKnown, "\(key.rawValue): \(key.flags)")
        }
    }

    // MARK: Refusals

    /// Each with its line and column.
    @Test(arguments: [
        ("learning-rte: 1\n", 1, 1, "unknown key, did you mean 'lr'?"),
        ("lr: 1\nbatchsize: 3\n", 2, 1, "did you mean 'batch-size'?"),
        ("lr: fast\n", 1, 5, "expected a number"), ("epochs: 2.5\n", 1, 9, "a whole number"),
        ("epochs: [2]\n", 1, 9, "a whole number"), ("nesterov: maybe\n", 1, 11, "true or false"),
        ("milestones: [3, x]\n", 1, 17, "a list of whole numbers"),
        ("lr: -1\n", 1, 5, "greater than 0"), ("batch-size: 1\n", 1, 13, "at least 2"),
        ("rule: LSL\n", 1, 7, "did you mean 'LLS'?"), ("dataset: CIFAR11\n", 1, 10, "CIFAR10"),
        ("augment: mirror\n", 1, 10, "unknown augmentation"),
        ("lr: 1\nlr: 2\n", 2, 1, "duplicate key"), ("lr: *a\n", 1, 5, "aliases"),
        ("image-size: 64x\n", 1, 13, "invalid size"), ("mean: 1,x\n", 1, 7, "invalid numbers"),
        ("val-split: 0.2\n", 1, 12, "a test split of its own"),
        ("optimizer: SGD\nmomentum: 0\nnesterov: true\n", 2, 11, "Nesterov"),
        ("# mine\n\nnum-epochs: 5\n", 3, 1, "did you mean 'epochs'?"),
        ("gamma: 1.5\n", 1, 8, "below 1"), ("new-head: true\n", 1, 11, "without --init"),
        ("backend: cpu\ndevice: 0:0\n", 2, 9, "OpenCL device"),
        ("exact: true\nconvolution: winograd2\n", 2, 14, "direct"),
        ("init-sha256: abc\n", 1, 14, "64 hexadecimal digits"),
        ("format: 3\n", 1, 9, "written by a newer lls: format 3, this one reads up to 1"),
        ("report-every: 0\n", 1, 15, "at least 1"),
    ])
    func whatIsWrongInAFileIsShown(text: String, line: Int, column: Int, says: String) throws {
        _ = try root.put(Array(text.utf8), as: "here/bad.yaml")
        for command in [["train", "--dry-run"], ["config", "show"]] {
            let outcome = try lls(
                command + ["--config", "bad.yaml"], in: "here",
                environment: ["LLS_DATA": root.path + "/data"])
            #expect(outcome.status == 78, "\(text): \(outcome)")
            #expect(
                outcome.errors.contains("bad.yaml, line \(line), column \(column): "),
                "\(text): \(outcome.errors)")
            #expect(outcome.errors.contains(says), "\(text): \(outcome.errors)")
            #expect(outcome.errors.split(separator: "\n").count <= 3, "\(outcome.errors)")
            #expect(outcome.output.isEmpty)
        }
        #expect(try root.contents("here") == ["bad.yaml"])
    }

    /// A flag in the way of a file is named as the flag that it is.
    @Test func whatIsWrongOnTheCommandLineIsItsOwn() throws {
        let file = try root.put(Array("lr: 0.5\nbackend: cpu\nepochs: 3\n".utf8), as: "c.yaml")
        let train = ["train", "--dry-run", "--config", file, "--data-dir", "../data"]
        let wrong = try lls(train + ["--lr", "-1"], in: "here")
        #expect(wrong.status == 64 && wrong.errors.contains("--lr: -1.0"), "\(wrong)")
        let device = try lls(train + ["--device", "0:0"], in: "here")
        #expect(device.status == 64 && device.errors.contains("--device"), "\(device)")
        let both = try lls(train + ["--resume", "x"], in: "here")
        #expect(both.status == 64 && both.errors.contains("--config has no effect"), "\(both)")
        let missing = try lls(["train", "--config", "none.yaml"], in: "here")
        #expect(missing.status == 66 && missing.errors.contains("none.yaml"), "\(missing)")
        let good = try lls(train + ["--epochs", "4"], in: "here")
        #expect(good.status == 0 && good.output.contains("lr 0.5"), "\(good)")
    }

    @Test func aRunOfANewerFormatIsRefusedByEveryCommand() throws {
        let run = root.path + "/here/run"
        try FileManager.default.createDirectory(
            atPath: run, withIntermediateDirectories: false)
        _ = try root.put(Array("format: 9\nsomething: [[new]]\n".utf8), as: "here/run/config.yaml")
        for command in [
            ["eval", "run"], ["predict", "run", "x.png"], ["export", "run", "--format", "onnx"],
            ["train", "--resume", "run"], ["train", "--config", "run/config.yaml"],
            ["config", "show", "--config", "run/config.yaml"],
        ] {
            let outcome = try lls(command, in: "here")
            #expect(outcome.status == 78, "\(command): \(outcome)")
            #expect(
                outcome.errors.contains("written by a newer lls: format 9, this one reads up to 1"),
                "\(command): \(outcome)")
        }
    }
}
