/// An IDX file of bytes: the format of MNIST and its kin.
///
/// Two zero bytes, the type 0x08 (unsigned byte), the number of dimensions, one big-endian 32-bit
/// extent for each, then the elements, the last dimension running fastest.
public struct IDXFile: Sendable {
    public let path: String
    public let extents: [Int]
    /// Product of the extents many.
    public let elements: [UInt8]

    /// Where element 0 lies in the (unzipped) file, for messages.
    public var elementsOffset: Int { 4 + 4 * extents.count }

    /// Reads a file, plain or gzip, that must have this many dimensions.
    ///
    /// Throws ``FileError`` naming the field and its offset. Memory is taken only for what the
    /// header announces, when the file can hold it and it is at most `maximumBytes`.
    public init(
        reading path: String, dimensions: Int, maximumBytes: Int = 1 << 30
    ) throws(FileError) {
        let reader = try ByteReader(path)
        let magic = try reader.read(4, field: "magic number")
        guard magic[0] == 0, magic[1] == 0 else {
            throw .malformed(
                path, field: "magic number", offset: 0,
                "the first two bytes are \(magic[0]) and \(magic[1]), not 0")
        }
        guard magic[2] == 0x08 else {
            throw .malformed(
                path, field: "element type", offset: 2,
                "unsupported type \(magic[2]): only unsigned bytes (type 8) are read")
        }
        guard Int(magic[3]) == dimensions else {
            throw .malformed(
                path, field: "number of dimensions", offset: 3,
                "\(magic[3]) dimensions instead of \(dimensions)")
        }
        var extents: [Int] = []
        var count = 1
        for dimension in 0..<dimensions {
            let bytes = try reader.read(4, field: "extent \(dimension)")
            let extent = bytes.reduce(0) { $0 << 8 | Int($1) }
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard !overflow, product <= maximumBytes else {
                throw .malformed(
                    path, field: "extent \(dimension)", offset: 4 + 4 * dimension,
                    "extents \(extents + [extent]) make more than \(maximumBytes) bytes")
            }
            extents.append(extent)
            count = product
        }
        self.path = path
        self.extents = extents
        elements = try reader.read(count, field: "elements")
        try reader.finish()
    }
}
