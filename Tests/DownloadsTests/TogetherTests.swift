import Downloads
import FileFormats
import Foundation
import TestSupport
import Testing

/// Several processes that fetch the same file into the same folder.
struct TogetherTests {
    /// The program that fetches one file lies beside the test bundle.
    private static let program: URL = {
        let bundle = Bundle.allBundles.map(\.bundleURL).first { $0.pathExtension == "xctest" }
        let folder =
            bundle?.deletingLastPathComponent()
            ?? URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        return folder.appending(path: "fetch-one")
    }()

    @Test(arguments: [true, false])
    func eightProcessesGiveOneGoodFile(usesLocks: Bool) throws {
        let content = DownloaderTests.content
        // Slow enough for all to be at it together; every other answer is cut.
        let server = try LoopbackServer { request in
            let cut = request.number % 2 == 0 ? 100_000 : .max
            return [.wait(seconds: 0.2)] + request.answer(content, cutAfter: cut)
        }
        let folder = try TemporaryFolder()
        let source = try TemporaryFolder()
        let sum = try digestOfFile(try source.put(content))
        let processes = try (0..<8).map { _ in
            let process = Process()
            process.executableURL = Self.program
            process.arguments = [
                server.base + "/data.bin", "\(content.count)", sum, folder.path,
                usesLocks ? "locks" : "no-locks",
            ]
            try process.run()
            return process
        }
        for process in processes {
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
        }
        #expect(try folder.contents() == ["data.bin"])
        #expect(try Data(contentsOf: folder.url.appending(path: "data.bin")) == Data(content))
        if usesLocks { #expect(server.requests == 2, "only one of them fetched") }
    }

    /// A process is killed in the middle, wherever that is; the next one finishes.
    @Test func aKilledProcessLeavesNothingWrong() throws {
        let content = DownloaderTests.content
        let server = try LoopbackServer { request in
            let answer = request.answer(content)
            guard request.number == 0, case .send(let body) = answer[1] else { return answer }
            return [
                answer[0], .send(Array(body.prefix(200_000))), .wait(seconds: 5),
                .send(Array(body.dropFirst(200_000))),
            ]
        }
        let folder = try TemporaryFolder()
        let source = try TemporaryFolder()
        let sum = try digestOfFile(try source.put(content))
        let process = Process()
        process.executableURL = Self.program
        process.arguments = [
            server.base + "/data.bin", "\(content.count)", sum, folder.path, "locks",
        ]
        try process.run()
        while try folder.contents().isEmpty { usleep(10_000) }
        usleep(200_000)
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        #expect(try !folder.contents().contains("data.bin"))
        let file = RemoteFile(
            name: "data.bin", addresses: [server.base + "/data.bin"], byteCount: content.count,
            sha256: sum)
        var first: Int?
        _ = try Downloader().fetch(file, into: folder.path) { event in
            if case .progress(let count) = event, first == nil { first = count }
        }
        #expect(try #require(first) > 200_000, "what the dead process had is not fetched again")
        #expect(try folder.contents() == ["data.bin"])
    }
}
