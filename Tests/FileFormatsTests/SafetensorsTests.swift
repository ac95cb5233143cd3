import FileFormats
import Foundation
import TestSupport
import Testing

private let strangeName = "quo\"te\\tab\t\u{e9}\u{4e2d}\u{1f600}"

@Suite struct SafetensorsTests {
    @Test func readsWhatPythonWrote() throws {
        let file = try SafetensorsFile(reading: fixtures + "/python.safetensors")
        #expect(file.metadata == ["format": "pt"])
        #expect(file.entries.count == 9)
        #expect(
            try file.floats("conv.weight", shape: [2, 3, 2, 2]) == (0..<24).map { Float($0) / 7 })
        #expect(try file.floats("conv.bias") == [-1.5, .infinity])
        #expect(try file.integers("bn.num_batches_tracked", shape: []) == [1_234_567_890_123])
        #expect(try file.floats("double") == [Float(Double.pi), .infinity])
        #expect(try file.floats("int32", shape: [2, 2]) == [1, -2, 3, 16_777_216])
        #expect(try file.floats("empty", shape: [0, 3]) == [])
        #expect(try file.floats(strangeName) == [2.5])
        #expect(
            file["bytes"]?.type == .uint8 && file["bytes"].map { Array($0.bytes) } == [0, 1, 255])
        let bfloat = try SafetensorsFile(reading: fixtures + "/bfloat16.safetensors")
        #expect(try bfloat.floats("bf16") == [1, -2.5, Float(bitPattern: 0x7F61_0000)])
    }

    @Test func readsHalfPrecision() throws {
        let file = try SafetensorsFile(reading: fixtures + "/python.safetensors")
        let half = try file.floats("half")
        #expect(half.prefix(4) == [0, -0.0, 1, 65504] && half[1].sign == .minus)
        #expect(half[4] == 0x1p-24 && half[5] == 1023 * 0x1p-24, "the halves nearest those values")
        #expect(half[6] == .infinity && half[7].isNaN)
    }

    /// The reference implementation's file, made again from its contents, is the same file.
    @Test(arguments: ["python.safetensors", "bfloat16.safetensors"])
    func writesPythonsBytes(name: String) throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/copy"
        try SafetensorsFile(reading: fixtures + "/" + name).write(to: path)
        #expect(try readFile(path) == fixture(name))
    }

    @Test func writesWhatItReads() throws {
        let folder = try TemporaryFolder()
        var file = SafetensorsFile(metadata: ["b": "\u{1}\u{1f}\n", "a": "\"/\\"])
        file["w"] = .init([1, .nan, -0.0] as [Float], shape: [3, 1])
        file["n"] = .init([.max, .min] as [Int64], shape: [2])
        file[""] = .init([] as [Float], shape: [0])
        let (first, second) = (folder.path + "/first", folder.path + "/second")
        try file.write(to: first)
        let back = try SafetensorsFile(reading: first)
        #expect(back == file)
        try back.write(to: second)
        #expect(try readFile(first) == readFile(second))
    }

    /// Byte for byte what is written at once.
    @Test func aTensorMayBeWrittenInParts() throws {
        let folder = try TemporaryFolder()
        let (whole, parts) = (folder.path + "/whole", folder.path + "/parts")
        var file = SafetensorsFile(metadata: ["a": "b"])
        file["labels"] = .init([3, 4] as [Int64], shape: [2])
        file["z"] = .init([5] as [Float], shape: [1])
        let rows: [[Float]] = [[1, 2, 3], [4, .nan, -0.0]]
        try file.write(to: parts, adding: "images", shape: [2, 3], parts: 2) { rows[$0] }
        file["images"] = .init(rows.flatMap(\.self), shape: [2, 3])
        try file.write(to: whole)
        #expect(try readFile(whole) == readFile(parts))
        #expect(throws: CancellationError.self) {
            try file.write(to: folder.path + "/none", adding: "images", shape: [2, 3], parts: 2) {
                if $0 == 1 { throw CancellationError() }
                return rows[$0]
            }
        }
        #expect(try folder.contents() == ["parts", "whole"])
    }

    @Test func aTensorThatIsNotThereOrNotSo() throws {
        let file = try SafetensorsFile(reading: fixtures + "/python.safetensors")
        for read in [
            { _ = try file.floats("conv.weigth") },
            { _ = try file.floats("conv.weight", shape: [2, 3, 4]) },
            { _ = try file.floats("bytes") },
            { _ = try file.integers("conv.weight") },
        ] as [() throws -> Void] {
            let error = try #require(throws: FileError.self) { try read() }
            #expect(error.category.exitCode == 65 && error.field?.hasPrefix("tensor") == true)
        }
    }

    /// Cut at any byte, or with a byte more, the file is refused.
    @Test func refusesEveryOtherLength() throws {
        let whole = try fixture("python.safetensors")
        for length in 0..<whole.count {
            let error = try #require(throws: FileError.self, "cut to \(length)") {
                try SafetensorsFile(parsing: Array(whole.prefix(length)), path: "cut")
            }
            #expect(error.category == .malformedData, "cut to \(length)")
        }
        #expect(throws: FileError.self) {
            try SafetensorsFile(parsing: whole + [0], path: "longer")
        }
    }

    /// Random damage must end in a value or in an error, never in a trap.
    @Test func survivesDamage() throws {
        let whole = try fixture("python.safetensors")
        var random = SystemRandomNumberGenerator()
        var refused = 0
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<700, using: &random)
                bytes[index] = UInt8.random(in: 0...255, using: &random)
            }
            do { _ = try SafetensorsFile(parsing: bytes, path: "damaged") } catch { refused += 1 }
        }
        #expect(refused > 15_000, "nearly all damage to the header is seen")
    }
}

/// Headers that no writer makes. Each pair is a header and the number of data bytes after it.
@Suite struct HostileSafetensorsTests {
    private func file(_ header: String, _ data: Int) -> [UInt8] {
        let count = UInt64(header.utf8.count)
        return (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + Array(header.utf8)
            + [UInt8](repeating: 0, count: data)
    }

    private func tensor(
        _ name: String, _ shape: String, _ begin: Int, _ end: Int, type: String = "F32"
    ) -> String {
        #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[\#(begin),\#(end)]}"#
    }

    @Test func theseAreSound() throws {
        let sound: [(String, Int)] = [
            ("{}", 0),
            ("{}      ", 0),
            ("{\(tensor("a", "[2]", 0, 8)),\(tensor("b", "[]", 8, 12))}", 12),
            ("{\(tensor("b", "[]", 8, 12)),\(tensor("a", "[2]", 0, 8))}", 12),
            ("{\(tensor("a", "[0,5]", 0, 0)),\(tensor("b", "[1]", 0, 4))}", 4),
            ("{\(tensor("a", "[2]", 0, 1, type: "F4"))}", 1),
            (#"{ "__metadata__" : { "k" : "\u00e9\ud83d\ude00" } }"#, 0),
        ]
        for (header, data) in sound {
            _ = try SafetensorsFile(parsing: file(header, data), path: header)
        }
        let last = try SafetensorsFile(parsing: file(sound[6].0, 0), path: "notes")
        #expect(last.metadata == ["k": "\u{e9}\u{1f600}"])
    }

    @Test func theseAreRefused() throws {
        let a = tensor("a", "[1]", 0, 4)
        let hostile: [(header: String, data: Int, says: String)] = [
            ("", 0, "start with"),
            ("[]", 0, "start with"),
            (" {}", 0, "start with"),
            ("{", 0, "expected"),
            ("{}{}", 0, "spaces"),
            ("{}\n", 0, "spaces"),
            ("{}\u{0}", 0, "spaces"),
            ("{\(a),}", 4, "expected"),
            ("{\(a),\(a)}", 4, "twice"),
            ("{\(a),\(a)}", 8, "twice"),
            (#"{"__metadata__":{"k":"1","k":"2"}}"#, 0, "twice"),
            (#"{"__metadata__":{"k":"1"},"__metadata__":{"l":"2"}}"#, 0, "twice"),
            (#"{"__metadata__":{"k":1}}"#, 0, "expected"),
            (#"{"__metadata__":[]}"#, 0, "expected"),
            (#"{"__metadata__":null}"#, 0, "expected"),
            (#"{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 4, "twice"),
            (#"{"a":{"dtype":"F32","shape":[1]}}"#, 4, "lacks"),
            (#"{"a":{"dtype":"F32","data_offsets":[0,4]}}"#, 4, "lacks"),
            (#"{"a":{"shape":[1],"data_offsets":[0,4]}}"#, 4, "lacks"),
            (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, 4, "lacks"),
            (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}"#, 4, "more than 2"),
            (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}"#, 4, "unknown field"),
            ("{\(tensor("a", "[1]", 0, 4, type: "F31"))}", 4, "unknown type"),
            ("{\(tensor("a", "[1]", 0, 4, type: "f32"))}", 4, "unknown type"),
            ("{\(tensor("a", "[3]", 0, 1, type: "F4"))}", 1, "no size in bytes"),
            ("{\(tensor("a", "[-1]", 0, 4))}", 4, "whole number"),
            ("{\(tensor("a", "[1.0]", 0, 4))}", 4, "whole number"),
            ("{\(tensor("a", "[1e0]", 0, 4))}", 4, "whole number"),
            ("{\(tensor("a", "[01]", 0, 4))}", 4, "starts with 0"),
            ("{\(tensor("a", "[18446744073709551617]", 0, 4))}", 4, "too large"),
            ("{\(tensor("a", "[9223372036854775808]", 0, 4))}", 4, "too large"),
            // Products that wrap around to 1 element, to 0 bytes, to 4 bytes.
            ("{\(tensor("a", "[4294967296,4294967296]", 0, 0))}", 0, "no size in bytes"),
            ("{\(tensor("a", "[4611686018427387904]", 0, 0))}", 0, "no size in bytes"),
            ("{\(tensor("a", "[4611686018427387905]", 0, 4))}", 4, "no size in bytes"),
            ("{\(tensor("a", "[" + String(repeating: "1,", count: 64) + "1]", 0, 4))}", 4, "64"),
            ("{\(tensor("a", "[2]", 0, 4))}", 4, "needs 8"),
            ("{\(tensor("a", "[1]", 4, 0))}", 4, "hole"),
            ("{\(tensor("a", "[0]", 0, 0)),\(tensor("b", "[1]", 4, 8))}", 8, "hole"),
            ("{\(a),\(tensor("b", "[1]", 8, 12))}", 12, "hole"),
            ("{\(a),\(tensor("b", "[1]", 2, 6))}", 6, "overlaps"),
            ("{\(a),\(tensor("b", "[1]", 0, 4))}", 4, "overlaps"),
            ("{\(a)}", 3, "but the file has 3"),
            ("{\(a)}", 5, "belong to no tensor"),
            ("{}", 1, "belong to no tensor"),
            ("{\(tensor("a", "[1]", 0, 9_223_372_036_854_775_807))}", 4, "but the file has 4"),
            (#"{"\ud83d":{}}"#, 0, "surrogate"),
            (#"{"\ude00":{}}"#, 0, "surrogate"),
            (#"{"\x":{}}"#, 0, "escape"),
            (#"{"\u12"#, 0, "escape"),
            ("{\"a\tb\":{}}", 0, "control"),
            (#"{"a"#, 0, "unterminated"),
            (#"{"a\"#, 0, "unterminated"),
            (String(repeating: "{", count: 100_000), 0, "expected"),
            ("{\"a\":" + String(repeating: "[", count: 100_000), 0, "expected"),
        ]
        for (header, data, says) in hostile {
            let error = try #require(throws: FileError.self, "\(header.prefix(120))") {
                try SafetensorsFile(parsing: file(header, data), path: "hostile")
            }
            #expect(error.category == .malformedData, "\(header.prefix(120))")
            #expect(error.reason.contains(says), "\(error.reason) for \(header.prefix(120))")
        }
    }

    @Test func textThatIsNotUTF8() throws {
        var bytes = file(#"{"__metadata__":{"k":"?"}}"#, 0)
        let index = try #require(bytes.firstIndex(of: UInt8(ascii: "?")))
        for byte in [0x80, 0xC0, 0xED, 0xFF] as [UInt8] {
            bytes[index] = byte
            let error = try #require(throws: FileError.self) {
                try SafetensorsFile(parsing: bytes, path: "hostile")
            }
            #expect(error.reason.contains("UTF-8"))
        }
    }

    @Test func headerLengthsThatCannotBe() throws {
        for (length, says) in [
            (100_000_001, "more than the 100000000"), (UInt64.max, "more than"),
            (UInt64(Int64.max), "more than"), (100_000_000, "but only 16 follow"),
            (17, "but only 16 follow"), (0, "start with"),
        ] as [(UInt64, String)] {
            let bytes =
                (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
                + [UInt8](repeating: 0x20, count: 16)
            let error = try #require(throws: FileError.self) {
                try SafetensorsFile(parsing: bytes, path: "hostile")
            }
            #expect(error.reason.contains(says), "\(length)")
        }
    }

    /// The greatest header allowed, nearly all padding, is read; one byte more is not.
    @Test func theGreatestHeader() throws {
        var bytes = file("{}", 0) + [UInt8](repeating: 0x20, count: 99_999_998)
        bytes.replaceSubrange(0..<8, with: [0x00, 0xE1, 0xF5, 0x05, 0, 0, 0, 0])
        #expect(try SafetensorsFile(parsing: bytes, path: "great").entries.isEmpty)
        bytes[0] = 1
        bytes.append(0x20)
        #expect(throws: FileError.self) { try SafetensorsFile(parsing: bytes, path: "greater") }
    }
}

/// A file on disk whose tensors are read after its header.
@Suite struct SafetensorsReaderTests {
    @Test func theHeaderIsReadFirst() throws {
        let reader = try SafetensorsReader(fixtures + "/python.safetensors")
        #expect(reader.metadata == ["format": "pt"])
        #expect(reader.shapes.count == 9 && reader.shapes["conv.weight"] == [2, 3, 2, 2])
        #expect(
            try reader.readAll()
                == SafetensorsFile(
                    parsing: try fixture("python.safetensors"), path: "bytes"))
    }

    /// 20 GB that take no room on disk: nothing of them is read.
    @Test func aGreatHoleCostsNothing() throws {
        let folder = try TemporaryFolder()
        for header in [
            #"{"w":{"dtype":"F32","shape":[5000000000],"data_offsets":[0,20000000000]}}"#, "",
        ] {
            let count = UInt64(header.isEmpty ? 90_000_000 : header.utf8.count)
            let path = try folder.put(
                (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + Array(header.utf8))
            #expect(truncate(path, off_t(8 + header.utf8.count + 20_000_000_000)) == 0)
            let clock = ContinuousClock()
            let time = clock.measure {
                let reader = try? SafetensorsReader(path)
                #expect(reader?.shapes == (header.isEmpty ? nil : ["w": [5_000_000_000]]))
            }
            #expect(time < .seconds(5))
        }
    }

    @Test(arguments: [
        Array("PK\u{3}\u{4}archive/data.pkl".utf8),
        [0x80, 2, 0x8A, 10] + [UInt8](repeating: 7, count: 90),
    ])
    func aCheckpointOfPyTorchIsKnown(bytes: [UInt8]) throws {
        let folder = try TemporaryFolder()
        let path = try folder.put(bytes)
        let error = try #require(throws: FileError.self) { try SafetensorsReader(path) }
        #expect(error.category.exitCode == 65)
        #expect(error.description.contains("Scripts/pth_to_safetensors.py"), "\(error)")
    }
}
