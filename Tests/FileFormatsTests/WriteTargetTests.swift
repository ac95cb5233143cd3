import FileFormats
import Foundation
import TestSupport
import Testing

/// What is no regular file is never replaced.
@Suite struct WriteTargetTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func path(_ name: String) -> String { folder.path + "/" + name }

    private func kind(_ name: String) throws -> FileSystem.Status.Kind? {
        try FileSystem.status(of: path(name), followingLinks: false)?.kind
    }

    /// A copy of a device of the system's, which no mistake here can harm.
    private func makeDevice(_ name: String, minor: UInt32) -> String? {
        let device = dev_t((1 << 8) | minor)
        return mknod(path(name), S_IFCHR | 0o666, device) == 0 ? path(name) : nil
    }

    @Test(.enabled(if: geteuid() == 0, "only root makes device nodes"))
    func devicesAreWrittenThrough() throws {
        let null = try #require(makeDevice("null", minor: 3))
        try AtomicFile.write([1, 2, 3], to: null)
        #expect(try kind("null") == .characterDevice)
        let full = try #require(makeDevice("full", minor: 7))
        let error = try #require(throws: FileError.self) { try AtomicFile.write([1], to: full) }
        #expect(error.category.exitCode == 74)
        #expect(try kind("full") == .characterDevice)
        #expect(try folder.contents() == ["full", "null"])
    }

    @Test(.enabled(if: geteuid() == 0, "only root makes device nodes"))
    func disksAreRefused() throws {
        // A loop device that is bound to no file.
        #expect(mknod(path("disk"), S_IFBLK | 0o666, dev_t(7 << 8 | 199)) == 0)
        let error = try #require(throws: FileError.self) {
            try AtomicFile.write([1], to: path("disk"))
        }
        #expect(error.category.exitCode == 73 && error.reason.contains("disk"))
        #expect(try kind("disk") == .blockDevice)
    }

    @Test func aPipeGetsTheBytesWhenItIsRead() throws {
        #expect(mkfifo(path("pipe"), 0o666) == 0)
        // Opened for the check alone and dropped: that must not wait for a reader.
        do { _ = try AtomicFile(path("pipe")) }
        let reader = open(path("pipe"), O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        try AtomicFile.write([UInt8]("through".utf8), to: path("pipe"))
        var bytes = [UInt8](repeating: 0, count: 100)
        let count = read(reader, &bytes, bytes.count)
        #expect(String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self) == "through")
        #expect(try kind("pipe") == .pipe)
        #expect(try folder.contents() == ["pipe"])
    }

    @Test func linksStayAndTheirFilesAreReplaced() throws {
        try FileSystem.makeFolder(path("deep"))
        _ = try folder.put([1], as: "deep/file")
        #expect(symlink("deep/file", path("link")) == 0)
        #expect(symlink("link", path("chain")) == 0)
        #expect(symlink("deep/new", path("dangling")) == 0)
        #expect(symlink("loop", path("loop")) == 0)
        try AtomicFile.write([2], to: path("chain"))
        #expect(try readFile(path("deep/file")) == [2])
        try AtomicFile.write([3], to: path("dangling"))
        #expect(try readFile(path("deep/new")) == [3])
        #expect(throws: FileError.self) { try AtomicFile.write([4], to: path("loop")) }
        for name in ["link", "chain", "dangling", "loop"] { #expect(try kind(name) == .link) }
        #expect(try folder.contents("deep") == ["file", "new"])
        #expect(try folder.contents() == ["chain", "dangling", "deep", "link", "loop"])
    }

    @Test func aReplacedFileKeepsItsPermissions() throws {
        for mode in [0o600, 0o640, 0o755, 0o444] as [mode_t] {
            let file = try folder.put([1], as: "file")
            #expect(chmod(file, mode) == 0)
            try AtomicFile.write([2], to: file)
            #expect(try FileSystem.status(of: file)?.mode == UInt32(mode))
        }
    }

    /// Something else may come to lie there while a file is written.
    @Test func whatCameMeanwhileIsNotReplaced() throws {
        var caught: FileError?
        do throws(FileError) {
            var file = try AtomicFile(path("target"))
            try file.append([1])
            #expect(mkfifo(path("target"), 0o666) == 0)
            try file.commit()
        } catch {
            caught = error
        }
        #expect(caught?.category.exitCode == 73)
        #expect(try kind("target") == .pipe)
        #expect(try folder.contents() == ["target"])
    }

    @Test func namesThatAreNoneAreRefused() throws {
        for name in ["", path("a\0b"), path("none/"), folder.path, folder.path + "/"] {
            let error = try #require(throws: FileError.self, "\(name)") {
                try AtomicFile.write([1], to: name)
            }
            #expect(error.category.exitCode == 73)
        }
        #expect(try folder.contents() == [])
    }
}

/// What a killed process leaves is removed by the next that writes there.
@Suite struct TemporaryTests {
    /// A process that is there, and one that cannot be.
    private func names(_ process: Int32, start: String) -> String {
        ".lls-\(hostName())-\(process)-\(start)-x.part"
    }

    @Test func thoseOfDeadProcessesGo() throws {
        let folder = try TemporaryFolder()
        let own = ProcessMark.own.text
        let kept = [
            // A live process, another machine's, one that is none of ours.
            ".lls-\(own)-x.part", ".lls-another-1-1-x.part", ".lls-notes.part", "lls-1-1-1-x.part",
        ]
        let gone = [
            names(4_999_999, start: "1"),
            // The number is in use again, by a process that began at another time.
            names(getpid(), start: "1"),
        ]
        for name in kept + gone { _ = try folder.put([1], as: name) }
        try AtomicFile.write([1], to: folder.path + "/target")
        #expect(try folder.contents() == (kept + ["target"]).sorted())
    }

    /// A lock tells of a process that this one cannot see, in another container.
    @Test func whatIsLockedStays() throws {
        let folder = try TemporaryFolder()
        let name = names(4_999_999, start: "1")
        let held = open(try folder.put([1], as: name), O_RDWR)
        defer { close(held) }
        #expect(flock(held, LOCK_EX) == 0)
        try AtomicFile.write([1], to: folder.path + "/target")
        #expect(try folder.contents() == [name, "target"].sorted())
    }

    @Test func anotherMachinesGoAfterADay() throws {
        let folder = try TemporaryFolder()
        let old = try folder.put([1], as: ".lls-another-1-1-x.part")
        var times = [timeval(tv_sec: time(nil) - 90_000, tv_usec: 0)]
        times.append(times[0])
        #expect(utimes(old, times) == 0)
        try AtomicFile.write([1], to: folder.path + "/target")
        #expect(try folder.contents() == ["target"])
    }

    @Test func marksAreReadBack() throws {
        #expect(ProcessMark(nameWithRandomWord: ProcessMark.own.text + "-x") == .own)
        for text in ["", "a-b-c", "host-0-1-x", "host-1-?-x", "-1-x", "host--1-1-x-y-z"] {
            #expect(ProcessMark(nameWithRandomWord: text) == nil, "\(text)")
        }
    }
}

@Suite struct JSONTextTests {
    private struct Values: Codable, Equatable {
        var first: Double
        var others: [Float]
    }

    @Test func whatIsNotFiniteIsValidJSON() throws {
        let values = Values(first: .infinity, others: [-.infinity, 1.5, .greatestFiniteMagnitude])
        let line = try JSONText.line(values)
        #expect(line == #"{"first":"inf","others":["-inf",1.5,3.4028235e+38]}"#)
        _ = try JSONSerialization.jsonObject(with: Data(line.utf8))
        #expect(try JSONText.read(Values.self, from: line.utf8) == values)
        let none = try JSONText.line(["a": Double.nan])
        #expect(none == #"{"a":"nan"}"#)
    }
}
