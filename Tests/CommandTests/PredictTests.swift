import FileFormats
import Foundation
import TestSupport
import Testing

/// What `predict` prints, and that it is what `eval` counts.
struct PredictTests {
    private let root: TemporaryFolder
    private let run: String
    private static let classes = ["box", "sea, star", "zebra"]

    init() throws {
        root = try TemporaryFolder()
        try TinyPictures.write(to: root.path + "/own", classes: Self.classes)
        let outcome = try Program.run(
            [
                "train", "--backend", "cpu", "--dataset", "folder:own", "--runs-dir", "runs",
                "--name", "r", "--epochs", "1", "--batch-size", "6", "--progress", "none",
            ], in: root.url)
        try #require(outcome.status == 0, "\(outcome)")
        run = try #require(outcome.value("run"))
    }

    private func lls(_ arguments: String..., shell: String? = nil) throws -> Program.Outcome {
        try Program.run(arguments + ["--backend", "cpu"], in: root.url, shell: shell)
    }

    private struct Candidate: Decodable, Equatable {
        let `class`: String
        let label: Int
        let probability: Float
    }

    private struct Picture: Decodable {
        let path: String
        let error: String?
        let `class`: String?
        let probability: Float?
        let top: [Candidate]?
    }

    private func pictures(_ outcome: Program.Outcome) throws -> [Picture] {
        try outcome.output.split(separator: "\n").map {
            try JSONDecoder().decode(Picture.self, from: Data($0.utf8))
        }
    }

    private struct Evaluation: Decodable {
        struct Sample: Decodable {
            let path, `class`, predicted: String
            let class_probability, probability: Float
            let loss: Double
        }
        let samples: Int
        let test_top1, test_loss: Double
        let worst: [Sample]
    }

    /// Its parameters are those in training; its run would evaluate averages.
    @Test func aCheckpointWithinAnEpochIsUsedAsItsRunWould() throws {
        let stopped = try lls(
            "train", "--dataset", "folder:own", "--runs-dir", "runs", "--name", "s", "--epochs",
            "2",
            "--batch-size", "6", "--save-every", "1s", "--keep", "20", "--dropout", "0.1")
        try #require(stopped.status == 0, "\(stopped)")
        let run = try #require(stopped.value("run"))
        let checkpoint = run + "/checkpoints/000002"
        let text = try lls("eval", checkpoint, "--json", "--worst", "100").output
        let evaluation = try JSONDecoder().decode(Evaluation.self, from: Data(text.utf8))
        let found = try pictures(
            try lls("predict", checkpoint, root.path + "/own/val", "--json", "--top", "3"))
        #expect(found.count == evaluation.worst.count)
        for picture in found {
            let sample = try #require(evaluation.worst.first { $0.path == picture.path })
            #expect(picture.probability == sample.probability, "\(picture.path)")
        }
        // It is not what the end of the run says.
        let last = try pictures(
            try lls("predict", run, root.path + "/own/val", "--json", "--top", "3"))
        #expect(last.map(\.probability) != found.map(\.probability))
    }

    /// The same files, batch size and device: the same bits.
    @Test func evalSaysTheSameOfTheSameFiles() throws {
        let text = try lls("eval", run, "--json", "--worst", "100").output
        let evaluation = try JSONDecoder().decode(Evaluation.self, from: Data(text.utf8))
        #expect(evaluation.samples == 12 && evaluation.worst.count == 12)
        #expect(
            evaluation.worst.map(\.loss) == evaluation.worst.map(\.loss).sorted(by: >))
        let outcome = try lls("predict", run, root.path + "/own/val", "--json", "--top", "3")
        let found = try pictures(outcome)
        #expect(found.map(\.path) == evaluation.worst.map(\.path).sortedByBytes())
        var (loss, hits) = (0.0, 0)
        for picture in found {
            let sample = try #require(evaluation.worst.first { $0.path == picture.path })
            let top = try #require(picture.top)
            #expect(top.count == 3 && top[0].class == picture.class)
            #expect(picture.class == sample.predicted)
            #expect(picture.probability == sample.probability)
            let own = try #require(top.first { $0.class == sample.class })
            #expect(own.probability == sample.class_probability)
            #expect(Self.classes[own.label] == own.class)
            hits += own == top[0] ? 1 : 0
            loss -= log(Double(own.probability)) / 12
        }
        #expect(abs(loss - evaluation.test_loss) < 1e-5)
        #expect(abs(100 * Double(hits) / 12 - evaluation.test_top1) < 1e-9)
        #expect(outcome.errors.contains("result pictures=12 classified=12 failed=0"))
    }

    @Test func badPicturesAreNamedCountedAndPassedOver() throws {
        let good = "own/val/box/0.png"
        try Data("no picture".utf8).write(to: root.url.appending(path: "bad.png"))
        let text = try lls("predict", run, "bad.png", good, "none.png")
        #expect(text.status == 0)
        #expect(text.lastLine == "result pictures=3 classified=1 failed=2", "\(text)")
        #expect(text.output.contains("  " + good + "\n"))
        for name in ["bad.png: it is not JPEG", "none.png: cannot open: No such file"] {
            #expect(text.errors.contains(name), "\(text)")
        }
        let found = try pictures(try lls("predict", run, "bad.png", good, "--json"))
        #expect(found[0].error?.contains("it is not JPEG") == true && found[0].top == nil)
        #expect(found[1].error == nil && found[1].top?.count == 1)
        let table = try lls("predict", run, "bad.png", good, "--csv", "--top", "2").output
            .split(separator: "\n")
        #expect(table[0] == "path,class,probability,class_2,probability_2,error")
        #expect(table[1].hasPrefix("bad.png,,,,,\"it is not JPEG") && table.count == 3)
        for more in [[], ["--json"], ["--csv"]] {
            let none = try Program.run(
                ["predict", run, "bad.png", "--backend", "cpu"] + more, in: root.url)
            #expect(none.status == 65, "\(none)")
        }
    }

    /// Names as programs must get them, and lists from others.
    @Test func listsFoldersAndNames() throws {
        let files = FileManager.default
        try files.createDirectory(
            atPath: root.path + "/p/b/.hidden", withIntermediateDirectories: true)
        let names = ["p/b/2.PNG", "p/b/é,\"1\".png", "p/a.png", "p/b/.hidden/3.png", "p/n.txt"]
        for name in names {
            try files.copyItem(
                atPath: root.path + "/own/val/zebra/1.png", toPath: root.path + "/" + name)
        }
        try files.createSymbolicLink(
            atPath: root.path + "/p/b/loop", withDestinationPath: "..")
        let order = ["p/a.png", "p/b/2.PNG", "p/b/é,\"1\".png"]
        let outcome = try lls("predict", run, "p", "--json")
        #expect(try pictures(outcome).map(\.path) == order, "\(outcome)")
        #expect(outcome.errors.contains("1 .txt, first p/n.txt"), "\(outcome)")
        let table = try lls("predict", run, "p", "--csv").output
        #expect(table.contains("\n\"p/b/é,\"\"1\"\".png\","), "\(table)")
        #expect(table.contains("\"sea, star\"") || table.contains("zebra"))
        let listed = try lls(
            "predict", run, "-", "own/val/box", "--json",
            shell: "exec < <(printf 'p/a.png\\n\\np');")
        #expect(
            try pictures(listed).map(\.path)
                == ["p/a.png"] + order + (0..<4).map { "own/val/box/\($0).png" }, "\(listed)")
        try files.createDirectory(
            atPath: root.path + "/nothing", withIntermediateDirectories: true)
        #expect(try lls("predict", run, "nothing").status == 66)
    }

    /// As PyTorch's files are.
    @Test func aFileThatSaysNothingNeedsADataSet() throws {
        var file = try SafetensorsFile(reading: "\(root.path)/\(run)/weights/last.safetensors")
        file.metadata = ["format": "pt"]
        try file.write(to: root.path + "/plain")
        let refused = try lls("predict", "plain", "own/val")
        #expect(refused.status == 64 && refused.errors.contains("--dataset"), "\(refused)")
        let taken = try lls("predict", "plain", "own/val", "--json", "--dataset", "folder:own")
        #expect(taken.status == 0, "\(taken)")
        #expect(taken.output == (try lls("predict", run, "own/val", "--json").output))
        let other = try lls("predict", run, "own/val", "--rule", "DFA")
        #expect(other.status == 65 && other.errors.contains("use --rule LLS"), "\(other)")
    }

    /// Small grey images of a data set in memory, which take no picture of another size by themselves.
    @Test func picturesOfOtherSizesAreFittedIfThatIsWanted() throws {
        try TinyData.write(to: root.url)
        let trained = try Program.run(
            [
                "train", "--backend", "cpu", "--data-dir", ".", "--epochs", "1", "--batch-size",
                "32", "--progress", "none",
            ], in: root.url)
        let grey = try #require(trained.value("run"))
        let refused = try lls("predict", grey, "own/val/box/0.png")
        #expect(refused.status == 65 && refused.errors.contains("--resize"), "\(refused)")
        #expect(refused.errors.contains("24 × 24 pixels, but 28 × 28 are needed"))
        #expect(try lls("predict", grey, "own/val/box/0.png", "--resize").status == 0)
    }
}
