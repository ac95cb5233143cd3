/// What the header of a safetensors file says: as strict as the reference implementation, and
/// stricter where its text is: no key twice, no field unknown, no padding but spaces.
struct SafetensorsHeader {
    struct Tensor {
        let name: String
        /// Where it stands in the header, for messages.
        let offset: Int
        let type: SafetensorsFile.ElementType
        let shape: [Int]
        /// Its bytes, counted from the first byte of data.
        let begin, end: Int
    }

    let metadata: [String: String]
    let tensors: [Tensor]

    /// NumPy's bound; without one a small file could ask for a long array.
    private static let greatestRank = 64

    /// How long the header is that follows these first eight bytes of a file of `fileSize` bytes.
    static func length(
        _ prefix: some Collection<UInt8>, fileSize: Int, path: String
    ) throws(FileError) -> Int {
        func malformed(_ reason: String, advice: String? = nil) -> FileError {
            .malformed(path, field: "header length", offset: 0, reason, advice: advice)
        }
        guard prefix.count == 8 else { throw malformed("the file has only \(fileSize) bytes") }
        let length = prefix.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= SafetensorsFile.greatestHeader, length <= fileSize - 8 else {
            // A zip, and a pickle of protocol 2 to 5: what torch.save writes.
            let isPyTorch =
                prefix.starts(with: Array("PK\u{3}\u{4}".utf8))
                || (prefix.first == 0x80 && (2...5).contains(prefix.dropFirst().first ?? 0))
            if isPyTorch {
                throw malformed(
                    "it is a PyTorch checkpoint (.pt, .pth), not a safetensors file",
                    advice: "Convert it: python3 Scripts/pth_to_safetensors.py FILE NEW.safetensors"
                )
            }
            throw malformed(
                length <= SafetensorsFile.greatestHeader
                    ? "\(length) bytes, but only \(fileSize - 8) follow"
                    : "\(length) bytes, more than the \(SafetensorsFile.greatestHeader) allowed",
                advice: "The file is damaged, or not safetensors.")
        }
        return Int(length)
    }

    /// Reads the JSON text, and checks that the tensors fill `dataSize` bytes without gap, overlap
    /// or rest.
    init(_ text: ArraySlice<UInt8>, dataSize: Int, path: String) throws(FileError) {
        guard text.first == UInt8(ascii: "{") else {
            throw .malformed(path, field: "header", offset: 8, "it does not start with '{'")
        }
        do throws(JSONScanner.Failure) {
            try self.init(text)
        } catch {
            throw .malformed(path, field: "header", offset: 8 + error.offset, error.reason)
        }
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
            guard tensor.end >= tensor.begin, tensor.end <= dataSize else {
                throw malformed(
                    "bytes \(tensor.begin) to \(tensor.end), but the file has \(dataSize)")
            }
            guard let size = tensor.type.byteCount(of: tensor.shape) else {
                throw malformed("\(tensor.type.rawValue) \(tensor.shape) has no size in bytes")
            }
            guard size == tensor.end - tensor.begin else {
                throw malformed(
                    "\(tensor.end - tensor.begin) bytes, but \(tensor.type.rawValue) "
                        + "\(tensor.shape) needs \(size)")
            }
            next = tensor.end
        }
        guard next == dataSize else {
            throw .malformed(
                path, field: "data", offset: 8 + text.count + next,
                "\(dataSize - next) bytes belong to no tensor")
        }
    }

    private init(_ bytes: ArraySlice<UInt8>) throws(JSONScanner.Failure) {
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
                    throw JSONScanner.Failure(offset: start, reason: "unknown type: '\(text)'")
                }
            case "shape": shape = try numbers(&scanner, atMost: greatestRank)
            case "data_offsets": range = try numbers(&scanner, atMost: 2)
            default: throw JSONScanner.Failure(offset: start, reason: "unknown field: '\(key)'")
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
