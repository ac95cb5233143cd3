import Downloads
import FileFormats
import Foundation
import TestSupport
import Testing

/// A file of its own that a server on this machine gives out, in one way or another.
struct DownloaderTests {
    /// 300 kB that no compression and no page resembles.
    static let content: [UInt8] = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 40503 >> 7) }

    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func file(at addresses: String...) throws -> RemoteFile {
        let copy = try TemporaryFolder()
        let path = try copy.put(Self.content)
        return RemoteFile(
            name: "data.bin", addresses: addresses, byteCount: Self.content.count,
            sha256: try digestOfFile(path))
    }

    private var downloader: Downloader {
        var downloader = Downloader()
        downloader.patience = Patience(connecting: 2, stalling: 1)
        return downloader
    }

    /// The file is there, right, and alone.
    private func expectGood() throws {
        #expect(try folder.contents() == ["data.bin"])
        #expect(try Data(contentsOf: folder.url.appending(path: "data.bin")) == Data(Self.content))
    }

    /// What an attempt at a single address ends in; nothing has got the file's name.
    private func failure(
        _ handler: @escaping @Sendable (LoopbackServer.Request) -> [LoopbackServer.Action]
    ) throws -> TransferFailure? {
        let server = try LoopbackServer(handler)
        let file = try file(at: server.base + "/data.bin")
        let error = #expect(throws: DownloadError.self) {
            try downloader.fetch(file, into: folder.path)
        }
        #expect(try !folder.contents().contains("data.bin"))
        guard case .allFailed(_, _, let failures)? = error else { return nil }
        #expect(failures.count == 1)
        return failures.first?.reason
    }

    @Test func aGoodServerGivesTheFileInOneRequest() throws {
        let server = try LoopbackServer { $0.answer(Self.content) }
        let file = try file(at: server.base + "/data.bin")
        let path = try downloader.fetch(file, into: folder.path)
        #expect(path == folder.path + "/data.bin")
        try expectGood()
        #expect(server.requests == 1)
        _ = try downloader.fetch(file, into: folder.path)
        #expect(server.requests == 1, "a file that is there is not fetched again")
    }

    /// A cut at each of these bytes, the first and the last among them, and then a good answer.
    @Test(arguments: [0, 1, 2, 100, 16_383, 16_384, 65_536, 150_000, 299_998, 299_999])
    func aCutIsGoneOnFrom(cut: Int) throws {
        let server = try LoopbackServer { request in
            // A first answer without a byte is no beginning to go on from.
            request.number == 0 && cut == 0
                ? [.head(length: Self.content.count)]
                : request.answer(Self.content, cutAfter: request.number == 0 ? cut : .max)
        }
        let address = server.base + "/data.bin"
        _ = try downloader.fetch(try file(at: address, address), into: folder.path)
        try expectGood()
        #expect(server.requests == 2)
    }

    @Test func aServerThatCutsAgainAndAgainIsAskedForTheRest() throws {
        let server = try LoopbackServer { $0.answer(Self.content, cutAfter: 13_000) }
        _ = try downloader.fetch(try file(at: server.base + "/data.bin"), into: folder.path)
        try expectGood()
        #expect(server.requests == 24)
    }

    @Test func aServerWithoutRangesStartsAnew() throws {
        let server = try LoopbackServer { request in
            let body = request.number == 0 ? Array(Self.content.prefix(1000)) : Self.content
            return [.head(length: Self.content.count), .send(body)]
        }
        _ = try downloader.fetch(try file(at: server.base + "/data.bin"), into: folder.path)
        try expectGood()
        #expect(server.requests == 2)
    }

    @Test func aFileThatChangesMeanwhileIsStartedAnew() throws {
        let other = [UInt8](repeating: 7, count: Self.content.count)
        let server = try LoopbackServer { request in
            request.number == 0
                ? request.answer(other, cutAfter: 5000, tag: "\"old\"")
                : request.answer(Self.content, tag: "\"new\"")
        }
        _ = try downloader.fetch(try file(at: server.base + "/data.bin"), into: folder.path)
        try expectGood()
        #expect(server.requests == 2)
    }

    /// What one process could not finish, the next one does, whatever the bytes are worth.
    @Test func whatIsLeftIsGoneOnFrom() throws {
        let cutting = try LoopbackServer { request in
            request.number == 0
                ? request.answer(Self.content, cutAfter: 100_000) : [.head("404 Not Found")]
        }
        #expect(throws: DownloadError.self) {
            try downloader.fetch(try self.file(at: cutting.base + "/data.bin"), into: folder.path)
        }
        #expect(try folder.contents() == ["data.bin.part"])
        let good = try LoopbackServer { $0.answer(Self.content) }
        let file = try self.file(at: good.base + "/data.bin")
        var first: Int?
        _ = try downloader.fetch(file, into: folder.path) { event in
            if case .progress(let count) = event, first == nil { first = count }
        }
        #expect(try #require(first) > 100_000)
        try expectGood()
    }

    @Test(arguments: [1000, 300_000, 400_000])
    func rubbishThatIsLeftDoesNoHarm(length: Int) throws {
        _ = try folder.put([UInt8](repeating: 1, count: length), as: "data.bin.part")
        // A process number that cannot exist.
        _ = try folder.put(
            [2], as: ".data.bin.\(ProcessInfo.processInfo.hostName)-4999999-1-x.part")
        let server = try LoopbackServer { $0.answer(Self.content) }
        _ = try downloader.fetch(try file(at: server.base + "/data.bin"), into: folder.path)
        #expect(
            try Data(contentsOf: folder.url.appending(path: "data.bin")) == Data(Self.content))
        #expect(try !folder.contents().contains("data.bin.part"))
    }

    @Test func aDamagedFileIsReplaced() throws {
        _ = try folder.put([1, 2, 3], as: "data.bin")
        let server = try LoopbackServer { $0.answer(Self.content) }
        _ = try downloader.fetch(try file(at: server.base + "/data.bin"), into: folder.path)
        try expectGood()
    }

    // MARK: Servers that are wrong

    @Test func aStalledServerIsGivenUp() throws {
        #expect(
            try failure { request in
                [.head(length: Self.content.count), .send([1, 2, 3]), .wait(seconds: 10)]
            } == .stalled(seconds: 1))
    }

    @Test func aServerThatNeverAnswersIsGivenUp() throws {
        #expect(try failure { _ in [.wait(seconds: 10)] } == .stalled(seconds: 1))
    }

    @Test func wrongContentIsNamed() throws {
        let other = [UInt8](repeating: 7, count: Self.content.count)
        guard case .wrongContent(let found, let expected) = try failure({ $0.answer(other) }) else {
            Issue.record("another failure")
            return
        }
        #expect(found.hasPrefix("c8f3") || found.count == 64)
        #expect(expected.count == 64 && found != expected)
        #expect(try folder.contents().isEmpty)
    }

    @Test(arguments: [0, 1, 299_999, 300_001, 5_000_000])
    func aWrongSizeIsNamed(size: Int) throws {
        let other = [UInt8](repeating: 7, count: size)
        let expected = Self.content.count
        #expect(try failure { $0.answer(other) } == .wrongSize(size, expected: expected))
        #expect(try folder.contents().isEmpty)
    }

    @Test func moreThanWasAnnouncedIsNotTaken() throws {
        let found = try failure { _ in
            [.head(), .send(Self.content), .send(Self.content)]
        }
        guard case .wrongSize(let size, _) = found else {
            Issue.record("\(String(describing: found))")
            return
        }
        #expect(size > Self.content.count)
    }

    @Test(arguments: ["bytes 0-299999/300000", "bytes 1001-299999/300000", "nonsense", ""])
    func aRangeThatWasNotAskedForIsNotTaken(range: String) throws {
        let found = try failure { request in
            request.number == 0
                ? request.answer(Self.content, cutAfter: 1000)
                : [.head("206 Partial Content", "Content-Range: \(range)"), .send(Self.content)]
        }
        guard case .unreachable(let reason) = found, reason.contains("range") else {
            Issue.record("\(String(describing: found))")
            return
        }
        #expect(try FileSystem.size(of: folder.path + "/data.bin.part") == 1000)
    }

    @Test func aRangeOfAnotherFileIsNamed() throws {
        let found = try failure { request in
            request.number == 0
                ? request.answer(Self.content, cutAfter: 1000)
                : [.head("206 Partial Content", "Content-Range: bytes 1000-2000/2001")]
        }
        #expect(found == .wrongSize(2001, expected: 300_000))
    }

    @Test(arguments: ["403 Forbidden", "404 Not Found", "500 Internal Server Error"])
    func aRefusalIsNamed(status: String) throws {
        let code = try #require(Int(status.prefix(3)))
        #expect(
            try failure { _ in [.head(status, length: 2, type: "text/html"), .send([1, 2])] }
                == .status(code))
    }

    @Test(arguments: ["text/html; charset=utf-8", "application/octet-stream"])
    func aPageIsNamed(type: String) throws {
        let page = Array("\n<!DOCTYPE html><html>Sign in</html>".utf8)
        #expect(try failure { _ in [.head(type: type), .send(page)] } == .page)
    }

    @Test func aPageOfTheRightSizeIsNamed() throws {
        let page = Array("<html>".utf8) + [UInt8](repeating: 32, count: Self.content.count - 6)
        #expect(try failure { $0.answer(page) } == .page)
    }

    @Test func anAddressThatIsNoneIsNamed() throws {
        let file = try file(at: "http://127.0.0.1:1/x", "file:///etc/passwd", "nonsense://x")
        let error = #expect(throws: DownloadError.self) {
            try downloader.fetch(file, into: folder.path)
        }
        let text = try #require(error).description
        #expect(text.split(separator: "\n").count == 3)
        for mention in ["127.0.0.1:1", "file:///etc/passwd", file.sha256, "300000 bytes"] {
            #expect(text.contains(mention))
        }
        #expect(try folder.contents().isEmpty)
    }

    @Test func aRedirectToAFileIsNotFollowed() throws {
        let found = try failure { _ in [.head("302 Found", "Location: file:///etc/passwd")] }
        guard case .unreachable = found else {
            Issue.record("\(String(describing: found))")
            return
        }
    }

    @Test func aRedirectIsFollowed() throws {
        let server = try LoopbackServer { request in
            request.path == "/data.bin"
                ? [.head("302 Found", type: "text/html", "Location: /moved")]
                : request.answer(Self.content)
        }
        _ = try downloader.fetch(try file(at: server.base + "/data.bin"), into: folder.path)
        try expectGood()
    }

    /// One address after the other fails in its own way, and the last one is good.
    @Test func theNextAddressIsTried() throws {
        let server = try LoopbackServer { request in
            switch request.path {
            case "/403": [.head("403 Forbidden")]
            case "/page": [.head(type: "text/html"), .send(Array("<html>".utf8))]
            case "/cut": [.head(length: Self.content.count), .send([9, 9, 9])]
            case "/size": [.head(length: 5), .send([1, 2, 3, 4, 5])]
            case "/wrong": request.answer([UInt8](repeating: 3, count: Self.content.count))
            default: request.answer(Self.content)
            }
        }
        let base = server.base
        let file = try file(
            at: "http://127.0.0.1:1/", base + "/403", base + "/page", base + "/cut",
            base + "/size", base + "/wrong", base + "/good")
        _ = try downloader.fetch(file, into: folder.path)
        try expectGood()
    }

    @Test func aFolderThatCannotBeMadeIsNamed() throws {
        _ = try folder.put([], as: "file")
        let file = try file(at: "http://127.0.0.1:1/")
        let error = #expect(throws: FileError.self) {
            try downloader.fetch(file, into: folder.path + "/file/sub")
        }
        #expect(error?.category == .cannotCreate)
    }

    @Test func moreThanTheDiskHoldsIsNotBegun() throws {
        let file = RemoteFile(
            name: "huge", addresses: ["http://127.0.0.1:1/"], byteCount: 1 << 60, sha256: "")
        let error = #expect(throws: DownloadError.self) {
            try downloader.fetch(file, into: folder.path)
        }
        #expect(error?.category == .inputOutput)
        #expect(try folder.contents().isEmpty)
    }
}
