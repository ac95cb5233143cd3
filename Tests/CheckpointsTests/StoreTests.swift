import Checkpoints
import FileFormats
import Foundation
import LocalLearning
import ReferenceBackend
import Synchronization
import TestSupport
import Testing

/// What is damaged is rejected by name, and the older generation is used.
struct StoreTests {
    private static func state(steps: Int) throws -> TrainerState {
        let training = try TinyTraining(
            rule: LLS(), optimizer: PublishedOptimizer.adamWScheduleFree, on: ReferenceBackend())
        try training.run(until: steps)
        return try training.trainer.state()
    }

    @Test func twoGenerationsAreKept() throws {
        let folder = try TemporaryFolder()
        let store = CheckpointStore(folder.path)
        let state = try Self.state(steps: 2)
        for _ in 0..<4 { try store.save(state, run: ["seconds": 0.1]) }
        #expect(try folder.contents() == ["000003", "000004"])
        let newest = try #require(try store.newest())
        #expect(newest.path.hasSuffix("000004"))
        #expect(newest.run == ["seconds": 0.1])
        #expect(try newest.state() == state)
    }

    /// Every byte of every file, flipped; every length, cut.
    @Test func everyDamageIsFound() throws {
        let folder = try TemporaryFolder()
        let store = CheckpointStore(folder.path)
        try store.save(try Self.state(steps: 1))
        let newer = try store.save(try Self.state(steps: 2))
        for name in try FileManager.default.contentsOfDirectory(atPath: newer.path) {
            let file = newer.path + "/" + name
            let bytes = try readFile(file)
            // Each byte of what is short, every 97th of what is long.
            let step = bytes.count > 4096 ? 97 : 1
            for index in stride(from: 0, to: bytes.count, by: step) {
                var damaged = bytes
                damaged[index] ^= 1 << (index % 8)
                try Data(damaged).write(to: URL(filePath: file))
                try expectOlder(store, names: name)
                try Data(bytes[..<index]).write(to: URL(filePath: file))
                try expectOlder(store, names: name)
            }
            try FileManager.default.removeItem(atPath: file)
            try expectOlder(store, names: name)
            try Data(bytes).write(to: URL(filePath: file))
        }
        #expect(try store.newest()?.path == newer.path)
    }

    private func expectOlder(_ store: CheckpointStore, names name: String) throws {
        var skipped: [String] = []
        let found = try store.newest { skipped.append("\($0): \($1)") }
        #expect(found?.position.steps == 1)
        #expect(skipped.count == 1 && skipped[0].contains(name), "\(skipped)")
    }

    /// The n-th call of each kind fails, once and for ever: what was saved before is still there.
    @Test(arguments: ["create", "write", "sync", "close", "rename", "openFolder"])
    func aDiskThatFailsLosesNothing(kind: String) throws {
        let before = try Self.state(steps: 1)
        let after = try Self.state(steps: 2)
        for forever in [false, true] {
            for call in 1...200 {
                let folder = try TemporaryFolder()
                try CheckpointStore(folder.path).save(before)
                let (calls, count) = Self.failing(kind, at: call, forever: forever)
                let store = CheckpointStore(folder.path, keep: 2, calls: calls)
                do {
                    try store.save(after)
                    #expect(try CheckpointStore(folder.path).newest()?.state() == after)
                } catch is FileError {
                    // What failed after the rename may have come through.
                    let newest = try #require(try CheckpointStore(folder.path).newest()).state()
                    #expect(newest == before || newest == after)
                    let left = try folder.contents().filter { $0.hasPrefix(".") }
                    #expect(left.isEmpty, "\(left)")
                }
                if count.load(ordering: .relaxed) < call { break }
                #expect(call < 200, "the calls have no end")
            }
        }
    }

    private final class Count: Sendable {
        let value = Atomic(0)
        func load(ordering: AtomicLoadOrdering) -> Int { value.load(ordering: .relaxed) }
    }

    private static func failing(
        _ kind: String, at call: Int, forever: Bool
    ) -> (FileCalls, Count) {
        let count = Count()
        let fails: @Sendable () -> Bool = {
            let number = count.value.wrappingAdd(1, ordering: .relaxed).newValue
            let failing = forever ? number >= call : number == call
            if failing { errno = ENOSPC }
            return failing
        }
        var calls = FileCalls.system
        let system = FileCalls.system
        switch kind {
        case "create": calls.create = { fails() ? -1 : system.create($0) }
        case "write": calls.write = { fails() ? -1 : system.write($0, $1) }
        case "sync": calls.sync = { fails() ? -1 : system.sync($0) }
        case "close":
            calls.close = {
                let failing = fails()
                let result = system.close($0)
                if failing { errno = ENOSPC }
                return failing ? -1 : result
            }
        case "rename": calls.rename = { fails() ? -1 : system.rename($0, $1) }
        default: calls.openFolder = { fails() ? -1 : system.openFolder($0) }
        }
        return (calls, count)
    }

    @Test func aNewerFormatIsRefusedClearly() throws {
        let folder = try TemporaryFolder()
        let store = CheckpointStore(folder.path)
        let saved = try store.save(try Self.state(steps: 1))
        let file = saved.path + "/manifest.jsonl"
        let line = String(decoding: try readFile(file), as: UTF8.self).split(separator: "\n")[0]
            .replacing("\"format\":1", with: "\"format\":2")
        let digest = Self.digest(of: String(line))
        try Data("\(line)\n{\"sha256\":\"\(digest)\"}\n".utf8).write(to: URL(filePath: file))
        let error = try #require(throws: FileError.self) { try Checkpoint(verifying: saved.path) }
        #expect("\(error)".contains("format is 2"))
    }

    private static func digest(of text: String) -> String {
        var hash = SHA256()
        Array(text.utf8).withUnsafeBytes { hash.update($0) }
        return hash.hexadecimal() ?? ""
    }
}
