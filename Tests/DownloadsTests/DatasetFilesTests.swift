import Downloads
import FileFormats
import Foundation
import Synchronization
import TestSupport
import Testing

struct DatasetFilesTests {
    @Test func everyPinIsWhole() {
        for dataset in DownloadCatalog.all {
            #expect(dataset.parts.isEmpty == (dataset.advice != nil))
            for part in dataset.parts {
                let file = part.file
                #expect(file.addresses.count >= 2)
                #expect(Set(file.addresses).count == file.addresses.count)
                #expect(file.addresses.allSatisfy { $0.hasSuffix("/" + file.name) })
                #expect(file.sha256.count == 64 && file.sha256.allSatisfy(\.isHexDigit))
                #expect(file.sha256 == file.sha256.lowercased())
                #expect(file.byteCount > 4000)
            }
        }
        let sums = DownloadCatalog.all.flatMap { $0.parts.map(\.file.sha256) }
        #expect(Set(sums).count == sums.count)
    }

    /// A data set of one tar.gz archive, with a folder `tiny` in it.
    private func archive() throws -> (bytes: [UInt8], files: DatasetFiles) {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(
            atPath: folder.path + "/tiny/train", withIntermediateDirectories: true)
        _ = try folder.put([1, 2, 3], as: "tiny/train/a")
        _ = try folder.put([4, 5], as: "tiny/b")
        let tar = Process()
        tar.executableURL = URL(filePath: "/usr/bin/tar")
        tar.arguments = ["-C", folder.path, "-czf", folder.path + "/tiny.tgz", "tiny"]
        try tar.run()
        tar.waitUntilExit()
        let bytes = Array(try Data(contentsOf: folder.url.appending(path: "tiny.tgz")))
        let file = RemoteFile(
            name: "tiny.tgz", addresses: ["http://127.0.0.1:1/tiny.tgz"], byteCount: bytes.count,
            sha256: try digestOfFile(folder.path + "/tiny.tgz"))
        let part = DatasetFiles.Part(file: file, folder: "Tiny", unpacksTo: "tiny")
        return (bytes, DatasetFiles(dataset: "Tiny", parts: [part]))
    }

    @Test func anArchiveIsFetchedFromTheMirrorUnpackedAndRemoved() throws {
        let (bytes, files) = try archive()
        let server = try LoopbackServer { request in
            request.path == "/base/Tiny/tiny.tgz" ? request.answer(bytes) : [.head("404 No")]
        }
        let folder = try TemporaryFolder()
        for _ in 0..<2 {
            try Downloader().get(files, into: folder.path, mirror: server.base + "/base/")
            #expect(try folder.contents("Tiny") == ["tiny"])
            #expect(try folder.contents("Tiny/tiny") == ["b", "train"])
            #expect(try folder.contents("Tiny/tiny/train") == ["a"])
        }
        #expect(server.requests == 1)
    }

    @Test(arguments: [true, false])
    func manyAtOnceGiveOneGoodFolder(usesLocks: Bool) throws {
        let (bytes, files) = try archive()
        let server = try LoopbackServer { [.wait(seconds: 0.1)] + $0.answer(bytes) }
        let folder = try TemporaryFolder()
        let errors = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            var downloader = Downloader()
            downloader.usesLocks = usesLocks
            do { try downloader.get(files, into: folder.path, mirror: server.base) } catch {
                errors.withLock { $0.append("\(error)") }
            }
        }
        #expect(errors.withLock { $0 } == [])
        #expect(try folder.contents("Tiny") == ["tiny"])
        #expect(try folder.contents("Tiny/tiny/train") == ["a"])
        if usesLocks { #expect(server.requests == 1) }
    }

    @Test func anArchiveIsKeptOnRequest() throws {
        let (bytes, files) = try archive()
        let server = try LoopbackServer { $0.answer(bytes) }
        let folder = try TemporaryFolder()
        try Downloader().get(files, into: folder.path, mirror: server.base, keepsArchives: true)
        #expect(try folder.contents("Tiny") == ["tiny", "tiny.tgz"])
    }

    @Test func offlineSaysWhatIsMissingAndTouchesNothing() throws {
        let (_, files) = try archive()
        let folder = try TemporaryFolder()
        let error = #expect(throws: DownloadError.self) {
            try Downloader().get(files, into: folder.path, isOffline: true)
        }
        #expect(error?.category == .missingInput)
        #expect(try #require(error).description.contains("tiny.tgz"))
        #expect(try folder.contents().isEmpty)
    }

    @Test func anArchiveThatTheUserPutThereIsUnpackedOffline() throws {
        let (bytes, files) = try archive()
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(
            atPath: folder.path + "/Tiny", withIntermediateDirectories: true)
        _ = try folder.put(bytes.dropLast() + [1], as: "Tiny/tiny.tgz")
        #expect(throws: DownloadError.self, "it is not the right one") {
            try Downloader().get(files, into: folder.path, isOffline: true)
        }
        _ = try folder.put(bytes, as: "Tiny/tiny.tgz")
        try Downloader().get(files, into: folder.path, isOffline: true)
        #expect(try folder.contents("Tiny") == ["tiny"])
    }

    @Test func whatIsNotForDownloadSaysWhereItComesFrom() throws {
        let imageNet = try #require(DownloadCatalog.all.first { $0.dataset == "IMAGENET" })
        let error = #expect(throws: DownloadError.self) {
            try Downloader().get(imageNet, into: "/nowhere")
        }
        #expect(try #require(error).description.contains("image-net.org"))
    }
}
