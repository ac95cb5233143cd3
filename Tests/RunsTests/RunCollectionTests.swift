import FileFormats
import Foundation
import Runs
import TestSupport
import Testing

@Suite struct RunCollectionTests {
    private let place: TemporaryFolder
    private var runs: String { place.path + "/runs" }

    init() throws { place = try TemporaryFolder() }

    private func create(
        _ name: String = "name", change: (inout RunConfiguration) -> Void = { _ in }
    ) throws -> RunFolder {
        var configuration = RunConfiguration()
        change(&configuration)
        return try RunFolder.create(
            name: name, in: runs, configuration: configuration, arguments: ["lls", "train"])
    }

    private func measure(_ folder: RunFolder, _ top1: [Double]) throws {
        let log = try MetricsLog(folder)
        for (index, value) in top1.enumerated() {
            try log.append(
                MetricsRecord(
                    epoch: index + 1, step: 10 * (index + 1), split: .train, steps: 2, loss: 1,
                    seconds: Double(index)))
            try log.append(
                MetricsRecord(
                    epoch: index + 1, step: 10 * (index + 1), split: .train, loss: 1,
                    imagesPerSecond: 1000, seconds: Double(index), peakBytes: 5000))
            try log.append(
                MetricsRecord(
                    epoch: index + 1, step: 10 * (index + 1), split: .test, loss: 0.5,
                    top1: value, seconds: Double(index) + 0.5))
        }
    }

    private func summary(_ folder: RunFolder) throws -> RunSummary {
        RunSummary(try RunContents(folder))
    }

    private func outcome(_ status: RunOutcome.Status, epochs: Int, _ folder: RunFolder) throws {
        try folder.write(
            outcome: RunOutcome(
                status, reason: "why",
                result: RunResult(
                    epochs: epochs, testTop1: 1, testTop5: nil, testLoss: 1, imagesPerSecond: 777,
                    peakBytes: 4000, run: folder.path), run: folder.path))
    }

    @Test func allRunsAreFound() throws {
        let first = try create("b")
        let second = try create("a")
        try FileSystem.makeFolders(runs + "/a/999")
        try FileSystem.makeFolders(runs + "/a/notes")
        try FileSystem.makeFolders(runs + "/.hidden/001")
        try FileSystem.makeFolders(runs + "/renamed")
        try AtomicFile.write("".utf8, to: runs + "/renamed/config.yaml")
        try AtomicFile.write("".utf8, to: runs + "/file")
        let found = try RunCollection.folders(in: runs).map(\.path)
        #expect(found == [second.path, runs + "/a/999", first.path, runs + "/renamed"])
        #expect(throws: FileError.self) { try RunCollection.folders(in: runs + "/none") }
        #expect(try RunCollection.find("a/001/", in: runs) == second)
        #expect(try RunCollection.find(first.path, in: "elsewhere") == first)
        #expect(throws: FileError.self) { try RunCollection.find("c/001", in: runs) }
    }

    @Test func aSummaryHasTheBestAndTheLast() throws {
        let folder = try create()
        try measure(folder, [50, 80.5, 70])
        var run = try summary(folder)
        #expect(run.epochs == 3 && run.bestTop1 == 80.5 && run.bestEpoch == 2)
        #expect(run.testTop1 == 70 && run.imagesPerSecond == 1000 && run.peakBytes == 5000)
        #expect(run.status == .unknown && run.problems.isEmpty)
        try outcome(.diverged, epochs: 3, folder)
        run = try summary(folder)
        #expect(run.status == .diverged && run.reason == "why" && run.imagesPerSecond == 777)
        // A run that went on and was killed: what its result says is of the time before.
        try measure(folder, [50, 80.5, 70, 71])
        run = try summary(folder)
        #expect(run.status == .unknown && run.reason == nil && run.imagesPerSecond == 1000)
        let lock = try RunLock(folder)
        #expect(try summary(folder).status == .running)
        // Its process has written a result, and a report is what it writes next.
        try outcome(.completed, epochs: 4, folder)
        #expect(try summary(folder).status == .completed)
        withExtendedLifetime(lock) {}
    }

    @Test func aLockIsHeldAsLongAsItsProcessLives() throws {
        let folder = try create()
        #expect(!RunLock.isHeld(folder))
        var lock: RunLock? = try RunLock(folder)
        #expect(RunLock.isHeld(folder))
        withExtendedLifetime(lock) {}
        lock = nil
        #expect(!RunLock.isHeld(folder))
        // A process that was killed, and another machine's that holds no lock here.
        for text in ["\(hostName())-4194304-1-run", "another-host-1-1-run", "nonsense"] {
            try AtomicFile.write(text.utf8, to: folder.path + "/.lock")
            #expect(!RunLock.isHeld(folder), "\(text)")
        }
    }

    @Test func damageIsNamedAndEndsNothing() throws {
        let folder = try create()
        try measure(folder, [50])
        try AppendOnlyFile(folder.metricsFile).append(line: "{\"epoch\": }")
        for path in [folder.configurationFile, folder.resultFile, folder.environmentFile] {
            try AtomicFile.write("{[".utf8, to: path)
        }
        let run = try summary(folder)
        #expect(run.problems.count == 4 && run.epochs == 1, "\(run.problems)")
        for name in ["config.yaml", "result.json", "env.json", "metrics.jsonl: 1 line"] {
            #expect(run.problems.contains { $0.hasPrefix(name) }, "\(name): \(run.problems)")
        }
        FileSystem.removeFile(folder.configurationFile)
        #expect(try summary(folder).problems.contains("config.yaml is missing"))
    }

    @Test func stepsAreThinnedOutBeforeTheyAreRead() throws {
        let folder = try create()
        var text = ""
        for step in 1...20_000 {
            text +=
                try JSONText.line(
                    MetricsRecord(
                        epoch: 1, step: step, split: .train, steps: 1, loss: 1, seconds: 1)) + "\n"
        }
        try AtomicFile.write(text.utf8, to: folder.metricsFile)
        let contents = try RunContents(folder)
        #expect((3000...4001).contains(contents.steps.count) && contents.epochs.isEmpty)
        #expect(contents.steps.first?.step == 1 && contents.steps.last?.step == 20_000)
        #expect(try RunContents(folder, with: []).steps.isEmpty)
    }

    // MARK: Conditions

    @Test(arguments: [
        ("rule=lls-mxm", true), ("rule=LLS", false), ("rule!=LLS", true), ("lr<0.01", true),
        ("lr<=0.005", true), ("lr>0.005", false), ("best_top1>=80.5", true),
        ("best_top1 > 80.5", false), ("status=unknown", true), ("epochs_done=3", true),
        ("epochs=5", true), ("seed=0", true), ("data-dir=x", false), ("data-dir!=x", true),
        ("test_top5<100", false), ("milestones=50, 80, 120, 180", true),
        ("dataset=fashionmnist", true),
    ])
    func conditions(text: String, holds: Bool) throws {
        let folder = try create { $0.rule = "LLS_MxM" }
        try measure(folder, [50, 80.5, 70])
        #expect(try RunCondition(text).holds(for: try summary(folder)) == holds)
    }

    @Test func anUnknownKeyIsNamedWithTheNearest() {
        let error = #expect(throws: RunConditionError.self) { try RunCondition("bset_top1=3") }
        #expect(error?.reason.contains("'bset_top1'") == true)
        #expect(error?.reason.contains("'best_top1'") == true)
        for text in ["", "rule", "=LLS", "rule~LLS"] {
            #expect(throws: RunConditionError.self, "\(text)") { try RunCondition(text) }
        }
    }

    @Test func runsAreSortedByNumbersAndText() throws {
        let rates = [0.1, 0.02, 1, 0.005]
        let all = try rates.map { rate in try summary(try create { $0.lr = rate }) }
        #expect(all.sorted(by: "lr").map { $0.configuration?.lr } == [0.005, 0.02, 0.1, 1])
        #expect(all.sorted(by: "test_top1").map(\.folder) == all.map(\.folder))
        #expect(all.reversed().sorted(by: "run").map(\.folder) == all.map(\.folder))
    }

    // MARK: Removal

    @Test func aRunIsDeletedWithItsBytes() throws {
        let folder = try create("one")
        let other = try create("two")
        try AtomicFile.write([UInt8](repeating: 1, count: 1000), to: folder.lastWeights)
        let outside = place.path + "/outside"
        try FileSystem.makeFolders(outside)
        try AtomicFile.write("kept".utf8, to: outside + "/file")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/link", withDestinationPath: outside)
        let removal = try RunRemoval(folder)
        #expect((1000...3000).contains(removal.bytes))
        try removal.run(in: runs)
        #expect(!FileSystem.exists(folder.path) && !FileSystem.exists(runs + "/one"))
        #expect(FileSystem.exists(other.path) && FileSystem.exists(outside + "/file"))
        #expect(FileSystem.exists(runs))
    }

    @Test func nothingElseIsDeleted() throws {
        let folder = try create()
        let link = place.path + "/link"
        try FileManager.default.createSymbolicLink(
            atPath: link, withDestinationPath: folder.path)
        try FileSystem.makeFolders(runs + "/name/002")
        try AtomicFile.write("".utf8, to: runs + "/name/002/config.yaml")
        for path in [
            link, link + "/", runs, runs + "/name", runs + "/name/002", folder.checkpoints,
            folder.path + "/..", folder.path + "/../..", place.path, "/", ".",
            folder.configurationFile, place.path + "/none",
        ] {
            #expect(throws: RunRemovalError.self, "\(path)") {
                try RunRemoval(RunFolder(at: path))
            }
        }
        let lock = try RunLock(folder)
        #expect(throws: RunInUseError.self) { try RunRemoval(folder) }
        withExtendedLifetime(lock) {}
        #expect(FileSystem.exists(folder.configurationFile))
    }
}
