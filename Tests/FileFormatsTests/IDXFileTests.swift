import FileFormats
import Foundation
import TestSupport
import Testing

@Suite struct IDXFileTests {
    @Test(arguments: ["images.idx", "images.idx.gz"])
    func readsWhatPythonWrote(name: String) throws {
        let file = try IDXFile(reading: fixtures + "/" + name, dimensions: 3)
        #expect(file.extents == [3, 4, 5])
        #expect(file.elements == (0..<60).map { UInt8($0 * 4) })
        #expect(file.elementsOffset == 16)
    }

    @Test func aFileIsGzipByItsContents() throws {
        let folder = try TemporaryFolder()
        let zipped = try folder.put(try fixture("images.idx.gz"), as: "plain")
        let plain = try folder.put(try fixture("images.idx"), as: "zipped.gz")
        #expect(try IDXFile(reading: zipped, dimensions: 3).elements.count == 60)
        #expect(try IDXFile(reading: plain, dimensions: 3).elements.count == 60)
    }

    /// Every file that is cut off or goes on too long is refused, as bad data.
    @Test(arguments: ["images.idx", "images.idx.gz", "labels.idx"])
    func refusesEveryOtherLength(name: String) throws {
        let folder = try TemporaryFolder()
        let whole = try fixture(name)
        let dimensions = name == "labels.idx" ? 1 : 3
        for length in 0..<whole.count {
            let path = try folder.put(Array(whole.prefix(length)))
            let error = try #require(throws: FileError.self, "cut to \(length)") {
                try IDXFile(reading: path, dimensions: dimensions)
            }
            #expect(error.category == .malformedData && error.field != nil, "cut to \(length)")
            #expect(error.offset.map { $0 <= 76 } == true, "cut to \(length)")
        }
        // Zero bytes behind a gzip file are its padding.
        let zero: [UInt8] = name.hasSuffix(".gz") ? [0, 1] : [0]
        for tail in [zero, [1, 2, 3], whole] as [[UInt8]] {
            let path = try folder.put(whole + tail)
            let error = try #require(throws: FileError.self) {
                try IDXFile(reading: path, dimensions: dimensions)
            }
            #expect(error.category == .malformedData)
        }
    }

    /// A gzip file carries a check sum: a flipped bit is seen, or has no consequence.
    @Test func noFlippedBitOfAGzipFileChangesWhatIsRead() throws {
        let folder = try TemporaryFolder()
        let whole = try fixture("images.idx.gz")
        var refused = 0
        for bit in 0..<whole.count * 8 {
            var bytes = whole
            bytes[bit / 8] ^= 1 << (bit % 8)
            let path = try folder.put(bytes)
            do {
                let file = try IDXFile(reading: path, dimensions: 3)
                #expect(file.extents == [3, 4, 5] && file.elements.last == 236, "bit \(bit)")
                #expect(file.elements == (0..<60).map { UInt8($0 * 4) }, "bit \(bit)")
            } catch { refused += 1 }
        }
        // Free are time stamp, flags and system, one flag bit, and what fills the last byte.
        #expect(refused >= whole.count * 8 - 6 * 8 - 1 - 7)
    }

    @Test func namesTheFieldAndItsOffset() throws {
        let folder = try TemporaryFolder()
        let huge: [UInt8] = [255, 255, 255, 255]
        let cases: [(bytes: [UInt8], field: String, offset: Int)] = [
            ([1, 0, 8, 3], "magic number", 0),
            ([0, 7, 8, 3], "magic number", 0),
            ([0, 0, 9, 3], "element type", 2),
            ([0, 0, 13, 3], "element type", 2),
            ([0, 0, 8, 2], "number of dimensions", 3),
            ([0, 0, 8, 255], "number of dimensions", 3),
            ([0, 0, 8, 3] + huge, "extent 0", 4),
            ([0, 0, 8, 3, 0, 0, 1, 0] + huge, "extent 1", 8),
            ([0, 0, 8, 3, 0, 0, 1, 0, 0, 0, 1, 0] + huge, "extent 2", 12),
            // 512 MiB announced, 16 bytes there.
            ([0, 0, 8, 3, 0, 0, 8, 0, 0, 0, 2, 0, 0, 0, 2, 0], "elements", 16),
        ]
        for (index, wrong) in cases.enumerated() {
            let path = try folder.put(wrong.bytes)
            let error = try #require(throws: FileError.self, "case \(index)") {
                try IDXFile(reading: path, dimensions: 3)
            }
            #expect(error.field == wrong.field && error.offset == wrong.offset, "case \(index)")
            #expect(error.path == path && error.category.exitCode == 65, "case \(index)")
            #expect(error.description.hasPrefix(path), "case \(index)")
        }
    }

    /// 48 kB that unzip to 50 MB of zeros: refused by the caller's bound, before they are unzipped.
    @Test func aBombMeetsTheCallersBound() throws {
        let bomb = fixtures + "/zeros.idx.gz"
        let error = try #require(throws: FileError.self) {
            try IDXFile(reading: bomb, dimensions: 3, maximumBytes: 10_000_000)
        }
        #expect(error.field == "extent 2" && error.category == .malformedData)
        #expect(try IDXFile(reading: bomb, dimensions: 3).elements.count == 50_000_000)
    }

    @Test func whatIsNoFileIsMissingInput() throws {
        let folder = try TemporaryFolder()
        let pipe = folder.path + "/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        for path in [folder.path, folder.path + "/none", pipe, "/dev/zero", ""] {
            let error = try #require(throws: FileError.self, "\(path)") {
                try IDXFile(reading: path, dimensions: 1)
            }
            #expect(error.category.exitCode == 66, "\(path)")
        }
    }

    /// One file after another, and zero bytes behind the last.
    @Test func membersOfAGzipFileAreOne() throws {
        let folder = try TemporaryFolder()
        let whole = try fixture("images.idx.gz")
        let plain = try fixture("images.idx")
        for (bytes, times) in [
            (whole + whole, 2), (whole + whole + whole, 3),
            (whole + [UInt8](repeating: 0, count: 100_000), 1),
        ] {
            let reader = try ByteReader(try folder.put(bytes))
            let all = (0..<times).flatMap { _ in plain }
            #expect(try reader.read(all.count, field: "all") == all)
            try reader.finish()
        }
        for damage in [
            whole + [1], whole + [0, 0, 1], whole + whole.dropLast(), whole + [0x1F],
            whole + [0x1F, 0x8B],
        ] {
            let reader = try ByteReader(try folder.put(damage))
            #expect(throws: FileError.self) {
                _ = try reader.read(plain.count, field: "all")
                try reader.skipToEnd()
            }
        }
    }
}
