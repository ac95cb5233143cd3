/// A safetensors file whose header has been read, and compared with the file's size; a tensor is
/// read when it is asked for.
///
/// So what a file holds is known before memory is taken for it, however large it is.
public final class SafetensorsReader {
    public let path: String
    /// The file's free notes: `__metadata__`.
    public let metadata: [String: String]
    /// The shape of every tensor, by its name.
    public let shapes: [String: [Int]]

    private let file: InputFile
    private let tensors: [String: SafetensorsHeader.Tensor]
    private let dataOffset: Int

    /// Reads and checks the header; throws ``FileError`` naming the field and its offset.
    public init(_ path: String) throws(FileError) {
        let file = try InputFile(path)
        let prefix = try file.bytes(at: 0, count: min(8, file.size))
        let length = try SafetensorsHeader.length(prefix, fileSize: file.size, path: path)
        // One byte tells most other files, before memory is taken for what they announce.
        guard try file.bytes(at: 8, count: min(1, length)) == Array("{".utf8) else {
            throw .malformed(path, field: "header", offset: 8, "it does not start with '{'")
        }
        let header = try SafetensorsHeader(
            try file.bytes(at: 8, count: length)[...], dataSize: file.size - 8 - length, path: path)
        self.path = path
        self.file = file
        metadata = header.metadata
        tensors = Dictionary(header.tensors.map { ($0.name, $0) }) { first, _ in first }
        shapes = tensors.mapValues(\.shape)
        dataOffset = 8 + length
    }

    /// The type of every tensor's elements, by its name.
    public var types: [String: SafetensorsFile.ElementType] { tensors.mapValues(\.type) }

    /// What a tensor holds, read piece by piece; nil for types that are no plain numbers, and for a
    /// tensor that is not there.
    public func statistics(of name: String) throws(FileError) -> TensorStatistics? {
        guard let tensor = tensors[name], tensor.type.isNumber else { return nil }
        var statistics = TensorStatistics()
        // Of whole elements: every width divides it.
        let piece = 1 << 22
        for begin in stride(from: tensor.begin, to: tensor.end, by: piece) {
            let bytes = try file.bytes(
                at: dataOffset + begin, count: min(piece, tensor.end - begin))
            bytes.withUnsafeBytes { statistics.add($0, tensor.type) }
        }
        return statistics
    }

    /// Reads all tensors.
    public func readAll() throws(FileError) -> SafetensorsFile {
        var entries: [String: SafetensorsFile.Entry] = [:]
        for tensor in tensors.values {
            let bytes = try file.bytes(
                at: dataOffset + tensor.begin, count: tensor.end - tensor.begin)
            entries[tensor.name] = SafetensorsFile.Entry(
                type: tensor.type, shape: tensor.shape, bytes: bytes[...])
        }
        return SafetensorsFile(path: path, metadata: metadata, entries: entries)
    }
}

extension SafetensorsFile {
    /// Reads and checks a whole file; throws ``FileError`` naming the field and its offset.
    public init(reading path: String) throws(FileError) {
        self = try SafetensorsReader(path).readAll()
    }

    /// Reads the bytes of a file.
    public init(parsing bytes: [UInt8], path: String) throws(FileError) {
        let length = try SafetensorsHeader.length(
            bytes.prefix(8), fileSize: bytes.count, path: path)
        let data = bytes[(8 + length)...]
        let header = try SafetensorsHeader(
            bytes[8..<(8 + length)], dataSize: data.count, path: path)
        self.init(path: path, metadata: header.metadata, entries: [:])
        for tensor in header.tensors {
            entries[tensor.name] = Entry(
                type: tensor.type, shape: tensor.shape,
                bytes: data[(data.startIndex + tensor.begin)..<(data.startIndex + tensor.end)])
        }
    }
}
