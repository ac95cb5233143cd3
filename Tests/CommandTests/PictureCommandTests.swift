import FileFormats
import Foundation
import LocalLearning
import TestSupport
import Testing

/// Pictures of one's own from the command line: heaps, resumed and evaluated; new heads; frozen blocks.
struct PictureCommandTests {
    private let root: TemporaryFolder

    /// `own/CLASS/N.png`, in one heap.
    init() throws {
        root = try TemporaryFolder()
        try TinyPictures.write(
            to: root.path + "/splits", classes: ["box", "sea star", "zebra"], train: 10, test: 1)
        try FileManager.default.moveItem(
            atPath: root.path + "/splits/train", toPath: root.path + "/own")
    }

    private func lls(_ arguments: [String]) throws -> Program.Outcome {
        try Program.run(arguments + ["--backend", "cpu"], in: root.url)
    }

    private func train(_ arguments: String..., dataset: String = "folder:own") throws
        -> Program.Outcome
    {
        let outcome = try lls(
            ["train", "--progress", "none", "--image-size", "16", "--dataset", dataset]
                + arguments)
        try #require(outcome.status == 0, "\(outcome)")
        return outcome
    }

    private func weights(_ run: String) throws -> SafetensorsFile {
        try SafetensorsFile(reading: "\(root.path)/\(run)/weights/last.safetensors")
    }

    @Test func aHeapIsSplitOnceAndForAll() throws {
        let first = try train("--epochs", "2", "--max-steps", "1")
        let run = try #require(first.value("run"))
        let bytes = try readFile("\(root.path)/\(run)/split.json", limit: 1 << 20)
        let list = try JSONText.read([String: [String]].self, from: bytes)
        #expect(list["training"]?.count == 24)
        let held = try #require(list["validation"])
        #expect(held.count == 6)

        // A picture that comes later is in neither split.
        let evaluated = try lls(["eval", run])
        for name in ["late", "later"] {
            try FileManager.default.copyItem(
                atPath: root.path + "/own/box/0.png", toPath: root.path + "/own/box/\(name).png")
        }
        let later = try lls(["eval", run])
        #expect(later.status == 0, "\(later)")
        #expect(later.output == evaluated.output)
        // The run would take it for training, and says so instead of going on with other data.
        let resumed = try lls(["train", "--resume", run])
        #expect(resumed.status == 78, "\(resumed)")
        #expect(resumed.errors.contains("24 training samples"), "\(resumed)")

        try FileManager.default.removeItem(atPath: root.path + "/own/\(held[0])")
        let missing = try lls(["eval", run])
        #expect(missing.status == 65, "\(missing)")
        #expect(missing.errors.contains("1 of the run's 6 validation pictures"), "\(missing)")
    }

    @Test func otherDataInAHeapIsEvaluatedWhole() throws {
        let run = try #require(try train("--epochs", "1").value("run"))
        let outcome = try lls(["eval", run, "--dataset", "folder:own"])
        #expect(outcome.value("samples") == "30", "\(outcome)")
    }

    /// Its card says how pictures are prepared, and not which of them it was trained on.
    @Test func aFileOutsideOfARunIsEvaluatedAsItsCardSays() throws {
        let run = try #require(try train("--epochs", "1", "--channels", "1").value("run"))
        let file = root.path + "/w.safetensors"
        try FileManager.default.copyItem(
            atPath: "\(root.path)/\(run)/weights/last.safetensors", toPath: file)
        let outcome = try lls(["eval", file])
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.value("samples") == "30", "\(outcome)")
        #expect(outcome.errors.contains("which pictures it was trained on"), "\(outcome)")
        let whole = try lls(["eval", run, "--dataset", "folder:own"])
        #expect(outcome.lastLine == whole.lastLine)
    }

    @Test func picturesThatAreLeftOutAreNotMeasured() throws {
        try Data("no picture".utf8).write(to: root.url.appending(path: "own/box/0.png"))
        let outcome = try train(
            "--epochs", "1", "--mean", "auto", "--bad-images", "skip", "--val-split", "0.2")
        #expect(outcome.value("skipped_images") == "1", "\(outcome)")
    }

    @Test func measuredConstantsAreKept() throws {
        let run = try #require(try train("--epochs", "1", "--mean", "auto").value("run"))
        let text = try String(contentsOfFile: "\(root.path)/\(run)/config.yaml", encoding: .utf8)
        #expect(text.contains(/mean: "0\.[0-9]+,0\.[0-9]+,0\.[0-9]+"/), "\(text)")
        // Repeated by its own numbers, it is the same run.
        let mean = try #require(text.firstMatch(of: /mean: "(.*)"/)).1
        let std = try #require(text.firstMatch(of: /std: "(.*)"/)).1
        let again = try train("--epochs", "1", "--mean", String(mean), "--std", String(std))
        let other = try #require(again.value("run"))
        #expect(try weights(run).entries == weights(other).entries)
    }

    @Test func aNewHeadLearnsOtherClasses() throws {
        let run = try #require(try train("--epochs", "1").value("run"))
        try TinyPictures.write(to: root.path + "/other", classes: ["p", "q", "r", "s"])
        let start = [
            "train", "--dataset", "folder:other", "--image-size", "16", "--progress", "none",
        ]
        let refused = try lls(start + ["--init", run])
        #expect(refused.status == 65, "\(refused)")
        #expect(refused.errors.contains("--new-head"), "\(refused)")

        let outcome = try lls(
            start + ["--init", run, "--new-head", "--freeze", "3", "--epochs", "1"])
        #expect(outcome.status == 0, "\(outcome)")
        let before = try weights(run)
        let after = try weights(try #require(outcome.value("run")))
        for name in before.entries.keys where name.hasPrefix("conv_block") {
            // The counters of batches belong to the whole network.
            guard !name.hasSuffix("num_batches_tracked") else { continue }
            #expect(before[name] == after[name], "\(name)")
        }
        #expect(
            before["linear_block1.block.linear.weight"]
                != after["linear_block1.block.linear.weight"])
        #expect(after["linear.weight"]?.shape.first == 4)
    }

    /// Blocks that are frozen keep every number, whatever teaches the others.
    @Test(arguments: ["LLS", "LLS_MxM", "LocalLosses", "DFA", "BP"])
    func frozenBlocksKeepTheirNumbers(rule: String) throws {
        let flags = ["--rule", rule, "--epochs", "1"]
        let first = try lls(
            ["train", "--dataset", "folder:own", "--image-size", "16", "--progress", "none"] + flags
        )
        let run = try #require(first.value("run"), "\(first)")
        let second = try lls(
            [
                "train", "--dataset", "folder:own", "--image-size", "16", "--progress", "none",
                "--init", run, "--freeze", "2",
            ] + flags)
        let before = try weights(run)
        let after = try weights(try #require(second.value("run"), "\(second)"))
        for (name, entry) in before.entries where !name.hasSuffix("num_batches_tracked") {
            let isFrozen = name.hasPrefix("conv_block1.") || name.hasPrefix("conv_block2.")
            if isFrozen { #expect(after[name] == entry, "\(name)") }
        }
        #expect(before["linear.weight"] != after["linear.weight"])
    }

    @Test func unequalClassesAreNamedAndWeighed() throws {
        for number in 2..<10 {
            try FileManager.default.removeItem(atPath: root.path + "/own/zebra/\(number).png")
        }
        let plan = try lls(
            ["train", "--dataset", "folder:own", "--image-size", "16", "--dry-run"])
        #expect(plan.output.contains("classes  box 8, sea star 8, zebra 1"), "\(plan)")
        #expect(plan.errors.contains("--class-weights balanced"), "\(plan)")
        let plain = try weights(try #require(try train("--epochs", "1").value("run")))
        let balanced = try weights(
            try #require(try train("--epochs", "1", "--class-weights", "balanced").value("run")))
        #expect(plain["linear.weight"] != balanced["linear.weight"])
        // A file with the same weights: 17 samples, 3 classes.
        try Data("box: 0.7083333\nsea star: 0.7083333\nzebra: 5.6666665\n".utf8)
            .write(to: root.url.appending(path: "w.yaml"))
        let listed = try weights(
            try #require(try train("--epochs", "1", "--class-weights", "w.yaml").value("run")))
        #expect(listed["linear.weight"] == balanced["linear.weight"])
    }
}
