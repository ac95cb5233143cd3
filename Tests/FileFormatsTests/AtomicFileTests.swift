import FileFormats
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite struct AtomicFileTests {
    @Test func replacesAFileAndLeavesNothingElse() throws {
        let folder = try TemporaryFolder()
        let path = try folder.put([1, 2, 3], as: "target")
        try AtomicFile.write([UInt8](repeating: 7, count: 300_000), to: path)
        #expect(try readFile(path) == [UInt8](repeating: 7, count: 300_000))
        #expect(try folder.contents() == ["target"])
    }

    @Test func aNameOfTheGreatestLengthWorks() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/" + String(repeating: "n", count: 255)
        try AtomicFile.write([1], to: path)
        #expect(try readFile(path) == [1])
    }

    @Test func aDroppedFileLeavesTheOldOne() throws {
        let folder = try TemporaryFolder()
        let path = try folder.put([1, 2, 3], as: "target")
        do {
            var file = try AtomicFile(path)
            try file.append([9, 9])
            #expect(try folder.contents().count == 2)
        }
        #expect(try readFile(path) == [1, 2, 3])
        #expect(try folder.contents() == ["target"])
    }

    @Test func folderThatIsNotThereOrNotWritable() throws {
        let folder = try TemporaryFolder()
        let file = try folder.put([1])
        for path in [folder.path + "/none/target", file + "/target", "/proc/target", folder.path] {
            let error = try #require(throws: FileError.self, "\(path)") {
                try AtomicFile.write([1], to: path)
            }
            #expect(error.category.exitCode == 73, "\(path)")
            #expect(error.path == path)
        }
        #expect(try folder.contents() == ["file"])
    }

    /// Writes three pieces while the `failing`-th call fails; the errno, or 0 when none failed.
    private func write(
        to path: String, failing: Int, with code: Int32
    ) throws -> (calls: Int, error: FileError?) {
        let counter = Counter(failing: failing, code: code)
        var calls = FileCalls.system
        let system = FileCalls.system
        calls.create = { counter.fails() ? -1 : system.create($0) }
        calls.openFolder = { counter.fails() ? -1 : system.openFolder($0) }
        // Never more than 5 bytes at once: partial writes must be gone on with.
        calls.write = { descriptor, bytes in
            counter.fails()
                ? -1 : system.write(descriptor, UnsafeRawBufferPointer(rebasing: bytes.prefix(5)))
        }
        calls.sync = { counter.fails() ? -1 : system.sync($0) }
        // A failing close closes all the same.
        calls.close = { system.close($0) == 0 && !counter.fails() ? 0 : -1 }
        calls.rename = { counter.fails() ? -1 : system.rename($0, $1) }
        do throws(FileError) {
            var file = try AtomicFile(path, calls: calls)
            for piece in [[10, 11, 12, 13, 14, 15, 16, 17], [], [18]] as [[UInt8]] {
                try file.append(piece)
            }
            try file.commit()
            return (counter.count, nil)
        } catch {
            return (counter.count, error)
        }
    }

    /// Each call in turn fails once: the file is the old or the new one, whole, and alone.
    @Test(arguments: [ENOSPC, EIO, EDQUOT, EACCES, EROFS])
    func anyCallMayFail(code: Int32) throws {
        let new: [UInt8] = [10, 11, 12, 13, 14, 15, 16, 17, 18]
        let folder = try TemporaryFolder()
        let total = try write(to: folder.path + "/target", failing: -1, with: 0).calls
        #expect(total == 10, "create, 3 writes, sync, close, rename; folder: open, sync, close")
        for failing in 0..<total {
            let path = try folder.put([1, 2, 3], as: "target")
            let error = try write(to: path, failing: failing, with: code).error
            if failing == 9 {
                #expect(error == nil, "all is done when the folder is closed")
            } else {
                #expect(error?.category.exitCode == ([EACCES, EROFS].contains(code) ? 73 : 74))
            }
            let bytes = try readFile(path)
            #expect(bytes == (failing < 7 ? [1, 2, 3] : new), "call \(failing)")
            #expect(try folder.contents() == ["target"], "call \(failing)")
        }
    }

    @Test func anInterruptedWriteGoesOn() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/target"
        for failing in 1..<4 {
            let result = try write(to: path, failing: failing, with: EINTR)
            #expect(result.error == nil)
            #expect(try readFile(path) == [10, 11, 12, 13, 14, 15, 16, 17, 18])
        }
    }
}

/// Counts calls and makes one of them fail.
private final class Counter: Sendable {
    private let calls = Mutex(0)
    private let failing: Int
    private let code: Int32

    init(failing: Int, code: Int32) {
        self.failing = failing
        self.code = code
    }

    var count: Int { calls.withLock { $0 } }

    func fails() -> Bool {
        let number = calls.withLock { count in
            defer { count += 1 }
            return count
        }
        guard number == failing else { return false }
        errno = code
        return true
    }
}

@Suite struct AppendOnlyFileTests {
    @Test func linesOfManyThreadsStayWhole() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/lines"
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    let file = try AppendOnlyFile(path)
                    let text = String(repeating: "\(writer)", count: 1000)
                    for _ in 0..<100 { try file.append(line: text) }
                }
            }
            try await group.waitForAll()
        }
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 800)
        #expect(lines.allSatisfy { $0.count == 1000 && Set($0).count == 1 })
    }

    @Test func aFullDiskIsSaid() throws {
        let file = try AppendOnlyFile("/dev/full")
        let error = try #require(throws: FileError.self) { try file.append(line: "text") }
        #expect(error.category.exitCode == 74)
    }
}
