import Foundation
import OpenCLBackend
import Tensors
import TestSupport
import Testing

/// Compiled programs on disk, on drivers that would not need them too.
struct ProgramFilesTests {
    private func product(_ programs: CacheFolder) throws -> [Float] {
        let device = try OpenCLDevice.select("auto")
        let backend = try OpenCLBackend(device, programs: programs)
        let left = try backend.makeTensor([5, 7], Array(repeating: 2, count: 35))
        let right = try backend.makeTensor([7, 3], Array(repeating: 3, count: 21))
        let output = try backend.makeTensor([5, 3])
        try backend.multiply(left.matrix, right.matrix, into: output)
        return try backend.read(output)
    }

    @Test func programsAreKeptAndDamagedOnesBuiltAnew() throws {
        let folder = try TemporaryFolder()
        let programs = CacheFolder(folder.path + "/programs")
        let expected = [Float](repeating: 42, count: 15)
        #expect(try product(programs) == expected)
        let names = try folder.contents("programs")
        #expect(!names.isEmpty && names.allSatisfy { $0.hasSuffix(".bin") })
        // From the files.
        #expect(try product(programs) == expected)

        func damage(_ change: (Data) -> Data) throws {
            for name in names {
                let file = URL(filePath: programs.path + "/" + name)
                try change(try Data(contentsOf: file)).write(to: file)
            }
        }
        try damage { $0.prefix($0.count / 2) }
        #expect(try product(programs) == expected)
        try damage { _ in Data("rubbish".utf8) }
        #expect(try product(programs) == expected)
        try damage { _ in Data() }
        #expect(try product(programs) == expected)
    }

    /// Whole files that a driver refuses: sound for us, nonsense for it.
    @Test func aProgramThatTheDriverRefusesIsBuiltAnew() throws {
        let folder = try TemporaryFolder()
        let programs = CacheFolder(folder.path + "/programs")
        let expected = try product(programs)
        for name in try folder.contents("programs") {
            let file = URL(filePath: programs.path + "/" + name)
            let data = try Data(contentsOf: file)
            let end = try #require(data.firstIndex(of: UInt8(ascii: "\n")))
            let key = String(decoding: data[..<end], as: UTF8.self)
                .replacing("lls cache 1: ", with: "")
            try programs.write(Data("no program".utf8), for: key, type: "bin")
        }
        #expect(try product(programs) == expected)
    }

    @Test func aFolderThatCannotBeWrittenDoesNotMatter() throws {
        let folder = try TemporaryFolder()
        let blocked = CacheFolder(try folder.put([1], as: "file") + "/programs")
        #expect(try product(blocked) == [Float](repeating: 42, count: 15))
    }
}
