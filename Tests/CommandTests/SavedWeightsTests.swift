import FileFormats
import Foundation
import TestSupport
import Testing

/// What `eval` and `train --init` make of weights: a run and a file, their names of classes, and data
/// that is another's.
struct SavedWeightsTests {
    private let root: TemporaryFolder
    private let run: String
    /// The run's own result on all of its test images.
    private let accuracy: String

    /// Trains on pictures whose classes a network tells apart at once.
    init() throws {
        root = try TemporaryFolder()
        try TinyPictures.write(to: root.path + "/own", classes: ["box", "sea star", "zebra"])
        let outcome = try Program.run(
            [
                "train", "--backend", "cpu", "--dataset", "folder:own", "--runs-dir", "runs",
                "--name", "r", "--epochs", "3", "--batch-size", "6", "--test-batch-size", "6",
                "--progress", "none", "--save-best-model",
            ], in: root.url)
        try #require(outcome.status == 0, "\(outcome)")
        run = try #require(outcome.value("run"))
        accuracy = try #require(outcome.value("test_top1"))
    }

    private func lls(_ arguments: String...) throws -> Program.Outcome {
        try Program.run(arguments + ["--backend", "cpu"], in: root.url)
    }

    private func copy(_ classes: [String], as name: String) throws {
        try TinyPictures.write(to: root.path + "/" + name, classes: classes)
    }

    @Test func theRunSaysWhatItsWeightsAreOf() throws {
        let reader = try SafetensorsReader("\(root.path)/\(run)/weights/last.safetensors")
        #expect(reader.metadata["lls.classes"] == #"["box","sea star","zebra"]"#)
        for (key, value) in [
            "model": "LLS_SmallConv", "rule": "LLS", "dataset": "folder:own", "epoch": "3",
            "step": "9", "input": "128x128x3", "pool": "MAX",
        ] {
            #expect(reader.metadata["lls." + key] == value)
        }
        let data = try Data(contentsOf: root.url.appending(path: run + "/model.json"))
        let object = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        #expect(object?["classes"] as? [String] == ["box", "sea star", "zebra"])
    }

    /// A run, its files, and a file from elsewhere.
    @Test func weightsKnowTheirData() throws {
        try FileManager.default.copyItem(
            atPath: "\(root.path)/\(run)/weights/last.safetensors", toPath: root.path + "/w")
        for path in [run, run + "/", run + "/weights/last.safetensors", "w"] {
            let outcome = try lls("eval", path)
            #expect(outcome.status == 0, "\(path): \(outcome)")
            #expect(outcome.value("test_top1") == accuracy, "\(path)")
            #expect(outcome.output.contains("sea star "))
        }
        #expect(try lls("eval", run + "/weights/best.safetensors").status == 0)
        for path in [run, "w"] {
            let outcome = try lls("train", "--dataset", "folder:own", "--init", path, "--dry-run")
            #expect(outcome.status == 0, "\(path): \(outcome)")
        }
        let names =
            try JSONSerialization.jsonObject(
                with: Data(try lls("eval", "w", "--json").output.utf8)) as? [String: Any]
        #expect(names?["classes"] as? [String] == ["box", "sea star", "zebra"])
    }

    /// A renamed folder changes the order of labels, and must not change what they mean.
    @Test func aRenamedClassIsRefused() throws {
        try copy(["box", "a star", "zebra"], as: "renamed")
        for arguments in [
            ["eval", run, "--dataset", "folder:renamed"],
            ["train", "--dataset", "folder:renamed", "--init", run, "--dry-run"],
        ] {
            let outcome = try Program.run(arguments + ["--backend", "cpu"], in: root.url)
            #expect(outcome.status == 65, "\(outcome)")
            for name in ["sea star", "a star"] { #expect(outcome.errors.contains(name)) }
            #expect(outcome.output.isEmpty)
        }
    }

    /// The same names in another order: labels follow the names, for `eval` and for `--init`.
    @Test func anotherOrderOfClassesIsTheSameNetwork() throws {
        var file = try SafetensorsFile(reading: "\(root.path)/\(run)/weights/last.safetensors")
        for name in ["linear.weight", "linear.bias"] {
            let shape = try #require(file[name]).shape
            let values = try file.floats(name)
            let row = values.count / 3
            let turned = [2, 0, 1].flatMap { values[($0 * row)..<(($0 + 1) * row)] }
            file[name] = .init(turned, shape: shape)
        }
        file.metadata["lls.classes"] = #"["zebra","box","sea star"]"#
        try file.write(to: root.path + "/turned")
        let outcome = try lls("eval", "turned")
        #expect(outcome.value("test_top1") == accuracy, "\(outcome)")
        #expect(outcome.output.split(separator: "\n")[1].hasPrefix("zebra "))
        let trained = try Program.run(
            [
                "train", "--backend", "cpu", "--dataset", "folder:own", "--init", "turned",
                "--epochs", "1", "--batch-size", "6", "--lr", "1e-12", "--progress", "none",
                "--name", "turned",
            ], in: root.url)
        #expect(trained.value("test_top1") == accuracy, "\(trained)")
        #expect(try lls("eval", try #require(trained.value("run"))).value("test_top1") == accuracy)
    }

    @Test func whatDiffersIsSaidWithTheFlagThatHelps() throws {
        try copy(["box", "sea star", "zebra", "yak"], as: "four")
        for (arguments, mention) in [
            (["eval", run, "--rule", "LLS_MxM"], "use --rule LLS."),
            (["eval", run, "--rule", "DFA"], "use --rule LLS."),
            (["eval", run, "--model", "LLS_VGG8"], "use --model LLS_SmallConv."),
            (["eval", run, "--dataset", "folder:four"], "new in the data: yak"),
            (["eval", run, "--dataset", "FashionMNIST"], "the data lacks box, sea star, zebra"),
            (
                ["train", "--init", run, "--dataset", "folder:own", "--rule", "LLS_MxM"],
                "use --rule LLS."
            ),
        ] {
            let outcome = try Program.run(arguments + ["--backend", "cpu"], in: root.url)
            #expect(outcome.status == 65, "\(arguments): \(outcome)")
            #expect(outcome.errors.contains(mention), "\(arguments): \(outcome.errors)")
            #expect(!outcome.errors.contains("get it again"))
        }
    }

    /// As PyTorch's files are: they say nothing of themselves, and their tensors must do.
    @Test func aFileWithoutNamesIsToldByItsTensors() throws {
        var file = try SafetensorsFile(reading: "\(root.path)/\(run)/weights/last.safetensors")
        file.metadata = ["format": "pt"]
        try file.write(to: root.path + "/plain")
        #expect(
            try lls("eval", "plain", "--dataset", "folder:own").value("test_top1") == accuracy)
        try copy(["box", "sea star", "zebra", "yak"], as: "four")
        for (arguments, mention) in [
            (["--dataset", "folder:own", "--rule", "LLS_MxM"], "use --rule LLS."),
            (["--dataset", "folder:own", "--model", "LLS_VGG8"], "use --model LLS_SmallConv."),
            (["--dataset", "folder:four"], "it has 3 classes, the data has 4"),
            (["--dataset", "FashionMNIST"], "images of 3 channels, the data has 1"),
        ] {
            let outcome = try Program.run(
                ["eval", "plain", "--backend", "cpu"] + arguments, in: root.url)
            #expect(outcome.status == 65, "\(arguments): \(outcome)")
            #expect(outcome.errors.contains(mention), "\(arguments): \(outcome.errors)")
        }
    }

    @Test func namesAreWholeAndColumnsStraight() throws {
        let names = ["very long class name", "very long class nose", "\u{6d77}\u{661f}"]
        try copy(names, as: "long")
        let trained = try Program.run(
            [
                "train", "--backend", "cpu", "--dataset", "folder:long", "--epochs", "1",
                "--batch-size", "6", "--progress", "none", "--limit-test", "6",
            ], in: root.url)
        let outcome = try lls("eval", try #require(trained.value("run")))
        #expect(outcome.errors.contains("6 of 12 test samples, as in the run"), "\(outcome)")
        #expect(outcome.value("samples") == "6")
        #expect(outcome.value("test_top1") == trained.value("test_top1"))
        let lines = outcome.output.split(separator: "\n").map(String.init)
        // A heading, the scores and their average; a heading and the confusion.
        for rows in [lines[1...], lines[6...]] {
            for (line, name) in zip(rows, names) { #expect(line.hasPrefix(name + " "), "\(line)") }
            // Two characters of two columns each.
            #expect(rows[rows.startIndex].count == rows[rows.startIndex + 2].count + 2)
        }
        #expect(lines[5].contains("very long class name  very long class nose  \u{6d77}\u{661f}"))
        let all = try lls("eval", try #require(trained.value("run")), "--limit-test", "12")
        #expect(all.value("samples") == "12" && !all.errors.contains("as in the run"))
    }

    /// A run that left out images is evaluated, dumped and measured without them.
    @Test func imagesThatCannotBeReadAreLeftOutAgain() throws {
        try copy(["a", "b", "c"], as: "bad")
        for name in ["train/a/x.png", "val/b/x.png"] {
            try Data("no image".utf8).write(to: root.url.appending(path: "bad/" + name))
        }
        let trained = try Program.run(
            [
                "train", "--backend", "cpu", "--dataset", "folder:bad", "--epochs", "1",
                "--batch-size", "6", "--progress", "none", "--bad-images", "skip",
            ], in: root.url)
        let run = try #require(trained.value("run"), "\(trained)")
        let outcome = try lls("eval", run)
        #expect(outcome.value("test_top1") == trained.value("test_top1"), "\(outcome)")
        #expect(outcome.value("skipped_images") == "1")
        #expect(try lls("eval", run, "--bad-images", "error").status == 65)
        for command in [
            ["data", "dump", "--dataset", "folder:bad", "--out", "d", "--index", "0..11"],
            [
                "bench", "data", "--dataset", "folder:bad", "--batch", "4", "--seconds", "0.05",
                "--threads", "2",
            ],
        ] {
            let refused = try Program.run(command, in: root.url)
            #expect(refused.status == 65, "\(refused)")
            #expect(refused.errors.contains("--bad-images skip"), "\(refused)")
            let taken = try Program.run(command + ["--bad-images", "skip"], in: root.url)
            #expect(taken.status == 0, "\(taken)")
        }
    }
}
