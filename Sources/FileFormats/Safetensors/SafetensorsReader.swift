extension SafetensorsFile {
    /// Reads and checks a whole file; throws ``FileError`` naming the field and its offset.
    public init(reading path: String) throws(FileError) {
        try self.init(parsing: try readFile(path), path: path)
    }

    /// Reads the bytes of a file. As strict as the reference implementation, and stricter where
    /// its text is: no key twice, no field unknown, no padding but spaces.
    public init(parsing bytes: [UInt8], path: String) throws(FileError) {
        guard bytes.count >= 8 else {
            throw .malformed(
                path, field: "header length", offset: 0, "the file has only \(bytes.count) bytes")
        }
        let length = bytes[0..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= Self.greatestHeader else {
            throw .malformed(
                path, field: "header length", offset: 0,
                "\(length) bytes, more than the \(Self.greatestHeader) allowed")
        }
        guard length <= bytes.count - 8 else {
            throw .malformed(
                path, field: "header length", offset: 0,
                "\(length) bytes, but only \(bytes.count - 8) follow")
        }
        let end = 8 + Int(length)
        guard end > 8, bytes[8] == UInt8(ascii: "{") else {
            throw .malformed(path, field: "header", offset: 8, "it does not start with '{'")
        }
        let header: Header
        do throws(JSONScanner.Failure) {
            header = try Header(bytes[8..<end])
        } catch {
            throw .malformed(path, field: "header", offset: 8 + error.offset, error.reason)
        }
        self.init(path: path, metadata: header.metadata, entries: [:])
        try take(header.tensors, from: bytes[end...])
    }

    /// Checks that the tensors fill the data without gap, overlap or rest.
    private mutating func take(
        _ tensors: [Header.Tensor], from data: ArraySlice<UInt8>
    ) throws(FileError) {
        var next = 0
        let ordered = tensors.sorted {
            ($0.begin, $0.end, $0.offset) < ($1.begin, $1.end, $1.offset)
        }
        for tensor in ordered {
            func malformed(_ reason: String) -> FileError {
                .malformed(
                    path, field: "tensor '\(tensor.name)'", offset: 8 + tensor.offset, reason)
            }
            guard tensor.begin == next else {
                throw malformed(
                    tensor.begin < next
                        ? "it overlaps another: bytes from \(tensor.begin) are taken to \(next)"
                        : "there is a hole before it: bytes \(next)..<\(tensor.begin)")
            }
            guard tensor.end >= tensor.begin, tensor.end <= data.count else {
                throw malformed(
                    "bytes \(tensor.begin) to \(tensor.end) of the \(data.count) there are")
            }
            guard let size = tensor.type.byteCount(of: tensor.shape) else {
                throw malformed("\(tensor.type.rawValue) \(tensor.shape) has no size in bytes")
            }
            guard size == tensor.end - tensor.begin else {
                throw malformed(
                    "\(tensor.end - tensor.begin) bytes where \(tensor.type.rawValue) "
                        + "\(tensor.shape) needs \(size)")
            }
            let start = data.startIndex + tensor.begin
            entries[tensor.name] = Entry(
                type: tensor.type, shape: tensor.shape, bytes: data[start..<start + size])
            next = tensor.end
        }
        guard next == data.count else {
            throw .malformed(
                path, field: "data", offset: data.startIndex + next,
                "\(data.count - next) bytes belong to no tensor")
        }
    }
}

/// What the JSON header says, not yet compared with the data.
private struct Header {
    struct Tensor {
        let name: String
        let offset: Int
        let type: SafetensorsFile.ElementType
        let shape: [Int]
        let begin, end: Int
    }

    private(set) var metadata: [String: String] = [:]
    private(set) var tensors: [Tensor] = []

    /// NumPy's bound; without one a small file could ask for a long array.
    private static let greatestRank = 64

    init(_ bytes: ArraySlice<UInt8>) throws(JSONScanner.Failure) {
        var scanner = try JSONScanner(bytes)
        var metadata: [String: String] = [:]
        var tensors: [Tensor] = []
        try scanner.object { scanner, name throws(JSONScanner.Failure) in
            if name == SafetensorsFile.metadataKey {
                try scanner.object { scanner, key throws(JSONScanner.Failure) in
                    metadata[key] = try scanner.string()
                }
            } else {
                tensors.append(try Self.tensor(name, &scanner))
            }
        }
        try scanner.expectPadding()
        self.metadata = metadata
        self.tensors = tensors
    }

    private static func tensor(
        _ name: String, _ scanner: inout JSONScanner
    ) throws(JSONScanner.Failure) -> Tensor {
        let offset = scanner.offset
        var type: SafetensorsFile.ElementType?
        var shape: [Int]?
        var range: [Int]?
        try scanner.object { scanner, key throws(JSONScanner.Failure) in
            let start = scanner.offset
            switch key {
            case "dtype":
                let text = try scanner.string()
                type = SafetensorsFile.ElementType(rawValue: text)
                if type == nil {
                    throw JSONScanner.Failure(offset: start, reason: "no known type: '\(text)'")
                }
            case "shape": shape = try numbers(&scanner, atMost: greatestRank)
            case "data_offsets": range = try numbers(&scanner, atMost: 2)
            default: throw JSONScanner.Failure(offset: start, reason: "no known field: '\(key)'")
            }
        }
        guard let type, let shape, let range, range.count == 2 else {
            throw JSONScanner.Failure(
                offset: offset, reason: "'\(name)' lacks dtype, shape or both data_offsets")
        }
        return Tensor(
            name: name, offset: offset, type: type, shape: shape, begin: range[0], end: range[1])
    }

    private static func numbers(
        _ scanner: inout JSONScanner, atMost count: Int
    ) throws(JSONScanner.Failure) -> [Int] {
        var numbers: [Int] = []
        try scanner.array { scanner throws(JSONScanner.Failure) in
            guard numbers.count < count else {
                throw JSONScanner.Failure(
                    offset: scanner.offset, reason: "more than \(count) numbers")
            }
            numbers.append(try scanner.wholeNumber())
        }
        return numbers
    }
}
