import FileFormats
import Foundation
import Runs
import TestSupport
import Testing

/// `lls runs`, on folders that a training made and on damaged ones.
struct RunsCommandTests {
    private let place: TemporaryFolder

    init() throws { place = try TemporaryFolder() }

    private func create(
        _ name: String, _ status: RunOutcome.Status? = .completed, top1: Double = 80,
        change: (inout RunConfiguration) -> Void = { _ in }
    ) throws -> RunFolder {
        var configuration = RunConfiguration()
        change(&configuration)
        let folder = try RunFolder.create(
            name: name, in: place.path + "/runs", configuration: configuration,
            arguments: ["lls", "train"])
        let log = try MetricsLog(folder)
        for epoch in 1...3 {
            try log.append(
                MetricsRecord(
                    epoch: epoch, step: epoch * 5, split: .train, loss: 1, imagesPerSecond: 900,
                    seconds: Double(epoch), blockLosses: ["conv_block1": 1 / Double(epoch)]))
            try log.append(
                MetricsRecord(
                    epoch: epoch, step: epoch * 5, split: .test, loss: 1,
                    top1: epoch == 2 ? top1 + 2 : top1, seconds: Double(epoch)))
        }
        guard let status else { return folder }
        let result = RunResult(
            epochs: 3, testTop1: top1, testTop5: nil, testLoss: 1, imagesPerSecond: 912,
            peakBytes: 1000, run: folder.path)
        try folder.write(outcome: RunOutcome(status, result: result, run: folder.path))
        return folder
    }

    private func runs(_ arguments: String..., shell: String? = nil) throws -> Program.Outcome {
        try Program.run(["runs"] + arguments, in: place.url, shell: shell)
    }

    @Test func theListHasEveryRunAndNoDamageEndsIt() throws {
        #expect(try runs("ls").status == 0)
        _ = try create("a") { $0.rule = "LLS_MxM" }
        let killed = try create("a", nil, top1: 60)
        let damaged = try create("b", .diverged)
        try AtomicFile.write("rule: [".utf8, to: damaged.configurationFile)
        try FileSystem.makeFolders(place.path + "/runs/c/001")
        let lock = try RunLock(killed)
        let list = try runs("ls")
        #expect(list.status == 0, "\(list)")
        let lines = list.output.split(separator: "\n").map(String.init)
        #expect(lines.count == 5 && lines.first?.hasPrefix("run ") == true, "\(list.output)")
        #expect(
            lines.contains { $0.contains(/runs\/a\/001 +completed +3\/5 +82.00 +80.00 +LLS_MxM/) })
        #expect(lines.contains { $0.contains(/runs\/a\/002 +running +3\/5 +62.00 +60.00/) })
        #expect(lines.contains { $0.contains(/runs\/b\/001 +diverged/) })
        #expect(lines.contains { $0.contains(/runs\/c\/001 +unknown/) })
        #expect(list.errors.contains("runs/b/001: config.yaml"), "\(list.errors)")
        #expect(list.errors.contains("runs/c/001: config.yaml is missing"))
        withExtendedLifetime(lock) {}
        let json = try runs("ls", "--json", "--sort", "best_top1", "--reverse")
        let objects = try json.output.split(separator: "\n").map {
            try #require(
                try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(objects.count == 4)
        #expect(objects.first?["best_top1"] as? Double == 82)
        #expect((objects.last?["problems"] as? [String])?.count == 1)
    }

    @Test func conditionsChooseAndBadOnesAreRefused() throws {
        _ = try create("a") { $0.rule = "LLS_MxM" }
        _ = try create("b") { $0.lr = 0.5 }
        let chosen = try runs("ls", "--where", "rule=lls", "--where", "lr>0.01")
        #expect(chosen.output.contains("runs/b/001") && !chosen.output.contains("runs/a/001"))
        let none = try runs("ls", "--where", "seed=7")
        #expect(none.status == 0 && none.output.isEmpty && none.errors.contains("none of the 2"))
        for (arguments, mention) in [
            (["--where", "optimiser=SGD"], "Did you mean 'optimizer'?"),
            (["--where", "rule"], "KEY=VALUE"),
            (["--sort", "tset_top1"], "Did you mean 'test_top1'?"),
        ] {
            let refused = try Program.run(["runs", "ls"] + arguments, in: place.url)
            #expect(refused.status == 64 && refused.errors.contains(mention), "\(refused)")
        }
        #expect(try runs("ls", "--runs-dir", "none").status == 66)
    }

    @Test func aTrainedRunIsShownAndDrawn() throws {
        let data = try TemporaryFolder()
        try TinyData.write(to: data.url)
        let trained = try Program.run(
            [
                "train", "--backend", "cpu", "--data-dir", data.path, "--epochs", "2",
                "--batch-size", "32", "--name", "real",
            ], in: place.url)
        try #require(trained.status == 0, "\(trained)")
        let show = try runs("show", "real/001")
        #expect(show.status == 0, "\(show)")
        let words = show.output.split { $0 == " " }.joined(separator: " ")
        for part in [
            "status completed", "epochs 2 of 2", "batch-size 32", "train --backend cpu",
            "last.safetensors",
            "model LLS_SmallConv",
        ] {
            #expect(words.contains(part), "\(part): \(show.output)")
        }
        let json = try runs("show", "runs/real/001", "--json")
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        #expect((object["configuration"] as? [String: Any])?["batch-size"] as? Int == 32)
        #expect((object["result"] as? [String: Any])?["status"] as? String == "completed")
        FileSystem.removeFile(place.path + "/runs/real/001/report.html")
        let plot = try runs("plot", "runs/real/001/")
        #expect(plot.status == 0 && plot.value("report") == "runs/real/001/report.html", "\(plot)")
        let html = try String(
            contentsOf: place.url.appending(path: "runs/real/001/report.html"), encoding: .utf8)
        #expect(html.contains("conv_block3") && html.contains("class=\"line s1\""))
        #expect(try runs("show", "none").status == 66)
        #expect(try runs("plot", "runs/real").status == 66)
    }

    @Test func runsAreComparedInATableAndOnAPage() throws {
        _ = try create("a")
        _ = try create("a", top1: 70) { $0.lr = 0.5 }
        let outcome = try runs("compare", "runs/a/001", "a/002")
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.output.contains(/\nlr +0.005 +0.5\n/), "\(outcome.output)")
        #expect(outcome.output.contains(/\ntest_top1 +80.00 +70.00\n/), "\(outcome.output)")
        #expect(!outcome.output.contains("momentum"))
        #expect(outcome.value("report") == "runs/a/comparison-001-002.html")
        #expect(FileSystem.isFile(place.path + "/runs/a/comparison-001-002.html"))
        _ = try create("b")
        let others = try runs("compare", "runs/a/001", "runs/b/001")
        #expect(others.value("report") == "runs/comparison-a-001-b-001.html", "\(others)")
        let named = try runs("compare", "a/001", "b/001", "--out", "both.html", "--json")
        #expect(named.status == 0 && FileSystem.isFile(place.path + "/both.html"), "\(named)")
        #expect(named.output.contains(#""report":"both.html""#))
        #expect(try runs("compare", "a/001").status == 64)
        #expect(try runs("compare", "a/001", "runs/a/001").status == 64)
        #expect(try runs("compare", "a/001", "b/001", "--out", "/no/such/x.html").status == 73)
    }

    @Test func runsAreDeletedOnlyByWhoMeansIt() throws {
        let (first, second) = (try create("a"), try create("a"))
        let unasked = try runs("rm", "a/001")
        #expect(unasked.status == 64 && unasked.errors.contains("--yes"), "\(unasked)")
        // One that is trained in, and one that is no run: neither is deleted, and no other with it.
        let lock = try RunLock(second)
        let busy = try runs("rm", "a/001", "a/002", "--yes")
        #expect(busy.status == 73 && busy.errors.contains("trains in this folder"), "\(busy)")
        withExtendedLifetime(lock) {}
        for name in ["runs/a", "runs", ".", "..", "/", "runs/a/001/.."] {
            let refused = try runs("rm", "a/001", name, "--yes")
            #expect(refused.status == 64 && refused.errors.contains("is not deleted"), "\(refused)")
        }
        #expect(FileSystem.exists(first.path) && FileSystem.exists(second.path))
        let removed = try runs("rm", "a/001", "--yes")
        #expect(removed.status == 0, "\(removed)")
        let freed = try #require(removed.value("freed_bytes").flatMap { Int($0) })
        #expect(freed > 500 && !FileSystem.exists(first.path))
    }

    @Test func aTerminalIsAsked() throws {
        let folder = try create("a")
        // `script` gives the program a terminal.
        for (text, remains) in [("n", true), ("", true), ("y", false)] {
            let command =
                "(sleep 0.5; echo '\(text)') | "
                + "script -qec \"'\(Program.path.path())' runs rm a/001\" typescript"
            let outcome = try Program.run(
                ["-c", command], in: place.url, executable: URL(filePath: "/bin/bash"))
            #expect(outcome.output.contains("Delete this run"), "\(outcome)")
            #expect(FileSystem.exists(folder.path) == remains, "\(text): \(outcome)")
        }
    }
}
