import FileFormats
import Foundation
import TestSupport
import Testing

@Suite struct PathTests {
    /// Latin-1, an overlong form, a surrogate, a cut-off sequence, both forms of é, the scalars that
    /// carry bytes, and the largest scalar.
    private static let names: [[UInt8]] = [
        Array("plain".utf8), [0xE9], Array("caf".utf8) + [0xE9, 0x2E], [0xC0, 0xAF],
        [0xED, 0xA0, 0x80], [0xF0, 0x9F, 0x92], [0xF4, 0x8F, 0x9F, 0xBF], [0xF4, 0x8F, 0x9E, 0x80],
        [0xF4, 0x8F, 0xBF, 0xBF], [0xF4, 0x8F, 0x9F], [0xF4, 0x90, 0x80, 0x80], [0xFF, 0xFE],
        [0x65, 0xCC, 0x81], [0xC3, 0xA9], [0xCC, 0x81],
    ]

    @Test func everyPathComesBackByteForByte() {
        var generator = SystemRandomNumberGenerator()
        let random = (0..<2000).map { _ in
            (0..<Int.random(in: 0..<12, using: &generator)).map { _ -> UInt8 in
                // Bytes that make up the escapes are frequent.
                [0xF4, 0x8F, 0x9E, 0x9F, 0x80, 0xBF, 0xC3, 0xA9, 0x2F, 0x61]
                    .randomElement(using: &generator) ?? 0
            }
        }
        for bytes in Self.names + random {
            let path = String(pathBytes: bytes)
            #expect(path.pathBytes == bytes)
            let again = path.withPathBytes { String(pathAt: $0) }
            #expect(again.utf8.elementsEqual(path.utf8))
        }
    }

    @Test func filesKeepTheirNames() throws {
        let folder = try TemporaryFolder()
        for bytes in Self.names {
            let name = String(pathBytes: bytes.filter { $0 != UInt8(ascii: "/") })
            try AtomicFile.write([1], to: folder.path.appending(pathPart: name))
        }
        let expected = Set(Self.names.map { $0.filter { $0 != UInt8(ascii: "/") } })
        let found = try FileSystem.list(folder.path)
        #expect(Set(found.map(\.pathBytes)) == expected)
        // Both forms of é are there, and are told apart.
        #expect(Set(found.map(ByteString.init)).count == expected.count)
        #expect(ByteString("\u{E9}") != ByteString("e\u{301}"))
        for name in found {
            #expect(FileSystem.isFile(folder.path.appending(pathPart: name)))
        }
    }

    @Test func aPathWithNULNamesNothing() throws {
        let folder = try TemporaryFolder()
        let path = try folder.put([1], as: "a")
        #expect(FileSystem.exists(path))
        #expect(!FileSystem.exists(path + "\0b"))
        #expect(throws: FileError.self) { try AtomicFile.write([1], to: folder.path + "/n\0m") }
        #expect(try folder.contents() == ["a"])
    }

    @Test(arguments: [
        ("f", ".", "f"), ("/f", "/", "f"), ("a/b", "a", "b"), ("a/b/", "a", "b"), ("/", "/", ""),
        ("//", "/", ""), ("a//b", "a", "b"), ("", ".", ""), ("./r", ".", "r"), ("..", ".", ".."),
        // An accent behind a slash makes both one character of Swift.
        ("a/\u{301}b", "a", "\u{301}b"),
    ])
    func partsOfAPath(path: String, parent: String, name: String) {
        #expect(path.parentFolder == parent)
        #expect(path.lastPathPart.utf8.elementsEqual(name.utf8))
    }

    @Test func extensionsAndPlaces() {
        #expect("a.b/c.JPG".pathExtension == "jpg")
        #expect("a.b/c".pathExtension == "")
        #expect(".hidden".pathExtension == "")
        #expect("/data/x/".isInside("/data"))
        #expect(!"/database".isInside("/data"))
        #expect(!"data/x".isInside("/data"))
        #expect("/a".appending(pathPart: "b") == "/a/b")
        #expect("/".appending(pathPart: "b") == "/b")
    }

    @Test func namesAreShownAsAShellTakesThem() {
        #expect("plain name".legible == "plain name")
        #expect("café".legible == "café")
        #expect(String(pathBytes: [0x63, 0xE9]).legible == "$'c\\xe9'")
        #expect("a\nb'c\u{1B}[2J".legible == "$'a\\nb\\'c\\x1b[2J'")
        #expect("it's".shellQuoted == "'it'\\''s'")
        #expect("a/b=c".shellQuoted == "a/b=c")
        #expect("".shellQuoted == "''")
        #expect(String(pathBytes: [0x0A, 0xE9, 0x1B]).withoutControls == "\n\\xe9\\x1b")
        #expect(String(repeating: "deep/", count: 5000).legible.count < 400)
    }

    @Test func homesAreExpanded() throws {
        let variables = ["HOME": "/home/me/"]
        #expect("~/data".expandingHome(variables) == "/home/me/data")
        #expect("~".expandingHome(variables) == "/home/me/")
        #expect("a/~/b".expandingHome(variables) == "a/~/b")
        #expect("~no-such-user/b".expandingHome(variables) == "~no-such-user/b")
        let root = try #require(getpwnam("root")?.pointee.pw_dir)
        #expect("~root/b".expandingHome(variables) == String(cString: root) + "/b")
        #expect(Environment.path("X", in: ["X": "~/c", "HOME": "/h"]) == "/h/c")
        #expect(Environment.path("X", in: ["X": ""]) == nil)
    }

    @Test func foldersAreMadeAndRemoved() throws {
        let folder = try TemporaryFolder()
        let made = try FileSystem.makeFolders(folder.path + "/a/b/c")
        #expect(
            made
                == ["c", "b", "a"].map { name in
                    folder.path + (name == "a" ? "/a" : name == "b" ? "/a/b" : "/a/b/c")
                })
        #expect(try FileSystem.makeFolders(folder.path + "/a/b") == [])
        try AtomicFile.write([1], to: folder.path + "/a/b/file")
        let error = try #require(throws: FileError.self) {
            try FileSystem.makeFolders(folder.path + "/a/b/file/d/e")
        }
        #expect(error.path == folder.path + "/a/b/file")
        #expect(symlink(folder.path + "/a/b", folder.path + "/a/b/c/loop") == 0)
        FileSystem.removeAll(folder.path + "/a/b/c")
        #expect(FileSystem.isFile(folder.path + "/a/b/file"))
        FileSystem.removeAll(folder.path + "/a")
        #expect(try folder.contents() == [])
    }

    /// Deeper than paths may be: an answer, and no recursion that ends in a crash.
    @Test func aPathThatIsTooLongIsAnError() throws {
        let folder = try TemporaryFolder()
        let deep = folder.path + String(repeating: "/d", count: 5000)
        let error = try #require(throws: FileError.self) { try FileSystem.makeFolders(deep) }
        #expect(error.category == .cannotCreate)
        #expect(error.description.count < 700)
        #expect(try folder.contents() == [])
    }
}
