import Archives
import FileFormats
import Foundation
import TestSupport
import Testing

struct ExtractionTests {
    private static let fixtures = Bundle.module.resourcePath.map { $0 + "/Fixtures" } ?? ""

    private static func archives(_ kind: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "\(fixtures)/\(kind)")) ?? [])
            .sorted()
    }

    @Test(arguments: archives("good"))
    func aGoodArchiveIsUnpackedWhole(name: String) throws {
        let folder = try TemporaryFolder()
        var last = ExtractionReport()
        let report = try extractArchive(
            "\(Self.fixtures)/good/\(name)", root: "data", to: folder.path + "/target"
        ) { last = $0 }
        #expect(report == ExtractionReport(files: 3, bytes: 3004))
        #expect(last == report)
        #expect(try folder.contents() == ["target"])
        #expect(try folder.contents("target") == ["Größe.txt", "empty", "train", "void"])
        #expect(try readFile(folder.path + "/target/Größe.txt") == Array("text".utf8))
        #expect(try readFile(folder.path + "/target/train/n01/a.bin").count == 3000)
        #expect(try readFile(folder.path + "/target/empty").isEmpty)
    }

    @Test func thereAreManyHostileArchives() {
        #expect(Self.archives("hostile").count >= 40)
        #expect(Self.archives("good").count == 4)
    }

    /// Each is refused as malformed; not a byte stays in the folder or gets out of it.
    @Test(arguments: archives("hostile"))
    func aHostileArchiveLeavesNothing(name: String) throws {
        let folder = try TemporaryFolder()
        let inner = folder.path + "/a/b"
        try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: true)
        let limits = ExtractionLimits(members: 1000, bytes: 100 << 20)
        let error = #expect(throws: FileError.self) {
            try extractArchive(
                "\(Self.fixtures)/hostile/\(name)", root: "data", to: inner + "/target",
                limits: limits)
        }
        #expect(error?.category == .malformedData)
        let text = try #require(error).description
        #expect(text.contains(name) && text.split(separator: "\n").count <= 3)
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
        #expect(try folder.contents() == ["a"])
        #expect(try folder.contents("a") == ["b"])
        #expect(try folder.contents("a/b").isEmpty)
        #expect(!FileManager.default.fileExists(atPath: "/tmp/lls-escape"))
    }

    @Test func aMissingArchiveIsNamed() throws {
        let folder = try TemporaryFolder()
        let error = #expect(throws: FileError.self) {
            try extractArchive(folder.path + "/no.zip", root: "data", to: folder.path + "/target")
        }
        #expect(error?.category == .missingInput)
    }

    @Test func aFolderThatIsThereStays() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(
            atPath: folder.path + "/target", withIntermediateDirectories: true)
        _ = try folder.put([1], as: "target/mine")
        _ = try extractArchive(
            Self.fixtures + "/good/plain.zip", root: "data", to: folder.path + "/target")
        #expect(try folder.contents() == ["target"])
        #expect(try folder.contents("target") == ["mine"])
    }

    /// What a killed process left goes; what may be in use stays.
    @Test func abandonedFoldersGo() throws {
        let folder = try TemporaryFolder()
        let names = [
            "\(hostName())-4999999-1-dead", "\(ProcessMark.own.text)-mine", "another-1-1-new",
        ]
        for name in names {
            try FileSystem.makeFolders(folder.path + "/.lls-extract-" + name + "/x")
        }
        _ = try extractArchive(
            Self.fixtures + "/good/plain.zip", root: "data", to: folder.path + "/target")
        let left = names.dropFirst().map { ".lls-extract-" + $0 }
        #expect(try folder.contents() == (left + ["target"]).sorted())
    }
}
