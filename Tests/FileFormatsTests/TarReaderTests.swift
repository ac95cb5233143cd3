import FileFormats
import TestSupport
import Testing

/// Archives that Python writes are read in the tests of the data sets; here are those that are wrong.
@Suite struct TarReaderTests {
    private func member(
        _ name: String, _ contents: [UInt8], kind: Character = "0", size: String? = nil
    ) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            header.replaceSubrange(offset..<(offset + text.utf8.count), with: text.utf8)
        }
        let digits = String(contents.count, radix: 8)
        put(name, at: 0)
        put(size ?? String(repeating: "0", count: 11 - digits.count) + digits, at: 124)
        put("        ", at: 148)
        put(String(kind), at: 156)
        put("ustar", at: 257)
        let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
        put(String(repeating: "0", count: 6 - sum.count) + sum + "\0 ", at: 148)
        return header + contents
            + [UInt8](repeating: 0, count: (512 - contents.count % 512) % 512)
    }

    private let end = [UInt8](repeating: 0, count: 1024)

    private func read(_ bytes: [UInt8], limit: Int = 10_000) throws -> [String: [UInt8]] {
        let folder = try TemporaryFolder()
        let tar = try TarReader(try folder.put(bytes))
        var found: [String: [UInt8]] = [:]
        while let member = try tar.next() {
            if member.isFile { found[member.path] = try tar.read(limit: limit) }
        }
        return found
    }

    @Test func filesAreReadAndAllElseIsPassedOver() throws {
        let long = [UInt8](repeating: 7, count: 1300)
        let bytes =
            member("folder/", [], kind: "5") + member("folder/a", [1, 2, 3])
            + member("../outside", [], kind: "2") + member("extended", long, kind: "x")
            + member("device", [], kind: "3") + member("b", long) + member("empty", []) + end
        #expect(try read(bytes) == ["folder/a": [1, 2, 3], "b": long, "empty": []])
    }

    @Test func damageIsNamedWithItsPlace() throws {
        let whole = member("a", [1, 2, 3]) + member("b", [UInt8](repeating: 1, count: 600)) + end
        var wrongSum = whole
        wrongSum[1024 + 3] ^= 1
        let cases: [([UInt8], field: String)] = [
            ([], "header of a member"),
            (Array(whole.prefix(700)), "member"),
            (Array(whole.prefix(1500)), "header of a member"),
            (Array(whole.dropLast(1024)), "header of a member"),
            (wrongSum, "check sum of a member"),
            (member("a", [], size: "77777777777") + end, "size of a member"),
            (member("a", [], size: "-0000000001") + end, "size of a member"),
            (member("a", [], size: "9999") + end, "size of a member"),
        ]
        for (index, (bytes, field)) in cases.enumerated() {
            let error = try #require(throws: FileError.self, "case \(index)") { try read(bytes) }
            #expect(error.category == .malformedData && error.field == field, "case \(index)")
        }
    }

    @Test func aMemberAboveTheLimitIsRefused() throws {
        let bytes = member("a", [UInt8](repeating: 1, count: 600)) + end
        #expect(throws: FileError.self) { try read(bytes, limit: 599) }
        #expect(try read(bytes, limit: 600).count == 1)
    }
}
