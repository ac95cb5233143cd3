import FileFormats
import Foundation
import Runs
import TestSupport
import Testing

@Suite struct RunFolderTests {
    private func create(
        _ name: String = "name", in folder: TemporaryFolder, calls: FileCalls = .system
    ) throws -> RunFolder {
        try RunFolder.create(
            name: name, in: folder.path + "/runs", configuration: RunConfiguration(),
            arguments: ["lls", "train", "--name", "it's \"odd\"", "--lr=5e-3"], calls: calls)
    }

    @Test func holdsWhatTheRunWasAskedToDo() throws {
        let folder = try TemporaryFolder()
        let run = try create(in: folder)
        #expect(run.path == folder.path + "/runs/name/001")
        #expect(
            try folder.contents("runs/name/001")
                == ["checkpoints", "command.txt", "config.yaml", "weights"])
        #expect(try run.configuration() == RunConfiguration())
        #expect(
            try text(run.commandFile) == "lls train --name 'it'\\''s \"odd\"' --lr=5e-3\n")
        #expect(try RunFolder(opening: run.path + "/") == run)
    }

    @Test func countsOnFromTheGreatestNumber() throws {
        let folder = try TemporaryFolder()
        for name in ["007", "12", "checkpoints", "-3", "999x"] {
            try FileManager.default.createDirectory(
                atPath: folder.path + "/runs/name/" + name, withIntermediateDirectories: true)
        }
        #expect(try create(in: folder).path.hasSuffix("/name/013"))
        try FileManager.default.createDirectory(
            atPath: folder.path + "/runs/name/999", withIntermediateDirectories: true)
        #expect(try create(in: folder).path.hasSuffix("/name/1000"))
        #expect(try create("other", in: folder).path.hasSuffix("/other/001"))
    }

    /// Folders that no run of ours made count for nothing, and one more than the greatest number is
    /// not counted.
    @Test func absurdNumbersAreNotCountedOn() throws {
        let folder = try TemporaryFolder()
        for name in ["9223372036854775807", "99999999999999999999", "-9223372036854775808", "１２"] {
            try FileSystem.makeFolders(folder.path + "/runs/name/" + name)
        }
        #expect(try create(in: folder).path.hasSuffix("/name/001"))
    }

    @Test func nothingIsMadeInVain() throws {
        let folder = try TemporaryFolder()
        var calls = FileCalls.system
        calls.sync = { _ in
            errno = ENOSPC
            return -1
        }
        #expect(throws: FileError.self) {
            try RunFolder.create(
                name: "name", in: folder.path + "/a/b", configuration: RunConfiguration(),
                arguments: [], calls: calls)
        }
        #expect(try folder.contents() == [])
    }

    @Test func noFolderIsNotTheRootFolder() throws {
        let error = try #require(throws: ConfigurationError.self) {
            try RunFolder.create(
                name: "name", in: "", configuration: RunConfiguration(), arguments: [])
        }
        #expect(error.key == "runs-dir")
    }

    @Test func anyArgumentIsWrittenDownAsAShellTakesIt() throws {
        let folder = try TemporaryFolder()
        let odd = String(pathBytes: [0x63, 0xE9])
        let run = try RunFolder.create(
            name: "name", in: folder.path + "/" + odd, configuration: RunConfiguration(),
            arguments: ["lls", odd, "a\nb", "it's"])
        #expect(try text(run.commandFile) == "lls $'c\\xe9' $'a\\nb' 'it'\\''s'\n")
        var configuration = RunConfiguration()
        configuration.dataDir = odd
        #expect(try RunConfiguration(yaml: configuration.yaml).dataDir?.pathBytes == [0x63, 0xE9])
    }

    /// A data folder may be called anything; the run that is named after it must have a name.
    @Test(arguments: [
        "folder:/x/e\u{301}", "folder:/x/\u{1F600} \u{10F7E9}", "folder:/", "folder:..", "folder:",
        "folder:/" + String(repeating: "n", count: 255),
    ])
    func everyDataSetGivesAName(dataset: String) throws {
        let folder = try TemporaryFolder()
        var configuration = RunConfiguration()
        configuration.dataset = dataset
        _ = try RunFolder.create(
            name: configuration.defaultName, in: folder.path, configuration: configuration,
            arguments: [])
    }

    @Test func eightAtOnceGetFoldersOfTheirOwn() throws {
        let folder = try TemporaryFolder()
        // Threads, not tasks: all eight must be inside the call at once.
        let paths = SharedList()
        let group = DispatchGroup()
        for _ in 0..<8 {
            group.enter()
            Thread.detachNewThread {
                for _ in 0..<25 {
                    if let run = try? RunFolder.create(
                        name: "name", in: folder.path + "/runs",
                        configuration: RunConfiguration(), arguments: [])
                    {
                        paths.append(run.path)
                    }
                }
                group.leave()
            }
        }
        group.wait()
        #expect(Set(paths.all).count == 200)
        let expected = (1...200).map { folder.path + "/runs/name/" + String(format: "%03d", $0) }
        #expect(paths.all.sorted() == expected)
    }

    @Test func aPlaceThatCannotBeWrittenIsCannotCreate() throws {
        let folder = try TemporaryFolder()
        try AtomicFile.write([1], to: folder.path + "/file")
        let locked = folder.path + "/locked"
        #expect(mkdir(locked, 0o555) == 0)
        // Permissions do not stop the superuser; a file in the way and /proc stop everyone.
        let places = [folder.path + "/file", "/proc"] + (geteuid() == 0 ? [] : [locked])
        for place in places {
            let error = try #require(throws: FileError.self, "\(place)") {
                try RunFolder.create(
                    name: "name", in: place + "/runs", configuration: RunConfiguration(),
                    arguments: [])
            }
            #expect(error.category.exitCode == 73, "\(place)")
        }
        #expect(try folder.contents() == ["file", "locked"])
    }

    @Test(arguments: [ENOSPC, EACCES])
    func aFailedWriteLeavesNoFolder(code: Int32) throws {
        let folder = try TemporaryFolder()
        var calls = FileCalls.system
        calls.sync = { _ in
            errno = code
            return -1
        }
        let error = try #require(throws: FileError.self) { try create(in: folder, calls: calls) }
        #expect(error.category.exitCode == (code == ENOSPC ? 74 : 73))
        #expect(try folder.contents() == [])
    }

    @Test(arguments: ["", ".", "..", "a/b", "../x", ".hidden", "a\nb", "a b", "/x"])
    func whatIsNoNameIsRefused(name: String) throws {
        let folder = try TemporaryFolder()
        #expect(throws: ConfigurationError.self) { try create(name, in: folder) }
        #expect(try folder.contents() == [])
    }

    @Test func whatIsNoRunCannotBeOpened() throws {
        let folder = try TemporaryFolder()
        let error = try #require(throws: FileError.self) { try RunFolder(opening: folder.path) }
        #expect(error.category.exitCode == 66)
    }

    @Test func writesItsResult() throws {
        let folder = try TemporaryFolder()
        let run = try create(in: folder)
        var result = RunResult(
            epochs: 5, testTop1: 88.94, testTop5: 99.9, testLoss: 0.31, imagesPerSecond: 8123.4,
            peakBytes: 12_345_678, run: "runs/fashionmnist-smallconv-lls/001")
        #expect(
            result.line == "result epochs=5 test_top1=88.94 test_top5=99.90 test_loss=0.3100 "
                + "images_per_second=8123 peak_bytes=12345678 "
                + "run=runs/fashionmnist-smallconv-lls/001")
        // The file says besides how the run ended, and holds all that the run had reached by then.
        for outcome in [
            RunOutcome(.completed, result: result, run: run.path),
            RunOutcome(.diverged, reason: "a loss is NaN", result: result, run: run.path),
            RunOutcome(.stopped, reason: "by SIGINT", result: nil, run: run.path),
        ] {
            try run.write(outcome: outcome)
            let data = try Data(contentsOf: URL(fileURLWithPath: run.resultFile))
            let read = try JSONDecoder().decode(RunOutcome.self, from: data)
            #expect(read.result == outcome.result && read.status == outcome.status)
            #expect(read.reason == outcome.reason)
            let keys = try #require(
                try JSONSerialization.jsonObject(with: data) as? [String: Any]
            ).keys
            #expect(Set(keys).isSuperset(of: ["status", "epochs", "run"]))
        }
        let words = Set(
            result.line.split(separator: " ").dropFirst().map { $0.split(separator: "=")[0] })
        let object = try #require(
            JSONSerialization.jsonObject(with: Data(result.json().utf8)) as? [String: Any])
        #expect(Set(object.keys) == Set(words.map(String.init)))
        result.testLoss = .nan
        #expect(try result.json().contains("\"test_loss\":\"nan\""))
        try run.write(environment: ["os": "Linux"])
        #expect(try text(run.environmentFile) == "{\n  \"os\" : \"Linux\"\n}\n")
    }
}

/// A list that several threads may add to.
private final class SharedList: @unchecked Sendable {
    // Every use of `items` holds the lock.
    private let lock = NSLock()
    private var items: [String] = []
    func append(_ item: String) { lock.withLock { items.append(item) } }
    var all: [String] { lock.withLock { items } }
}
