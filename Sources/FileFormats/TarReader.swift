/// The members of a tar archive, plain or gzipped, in their order.
///
/// It writes nothing and knows nothing of links and devices, so that no archive can do harm: for
/// reading a few known files straight out of one. Format: POSIX ustar.
public final class TarReader {
    /// What a header says of the bytes behind it.
    public struct Member: Sendable, Equatable {
        public let path: String
        public let size: Int
        /// Whether it is a regular file.
        public let isFile: Bool
    }

    private static let blockSize = 512
    private let reader: ByteReader
    /// Bytes of the newest member that nobody has read, and how many follow to fill its last block.
    private var (unread, padding) = (0, 0)

    /// Throws ``FileError`` when the file cannot be opened or read.
    public init(_ path: String) throws(FileError) { reader = try ByteReader(path) }

    /// The next member; nil, once, at the end of the archive.
    ///
    /// Throws ``FileError`` when the archive ends without its end mark, or a header is damaged.
    public func next() throws(FileError) -> Member? {
        try skip(unread + padding)
        (unread, padding) = (0, 0)
        let start = reader.offset
        let header = try reader.read(Self.blockSize, field: "header of a member")
        if header.allSatisfy({ $0 == 0 }) {
            try reader.skipToEnd()
            return nil
        }
        func wrong(_ field: String, _ offset: Int, _ reason: String) -> FileError {
            .malformed(reader.path, field: field, offset: start + offset, reason)
        }
        // The sum of all bytes, those of the sum itself taken as spaces.
        let sum =
            header.reduce(0) { $0 + Int($1) }
            + header[148..<156].reduce(0) { $0 + 0x20 - Int($1) }
        guard octal(header[148..<156]) == sum else {
            throw wrong("check sum of a member", 148, "it does not match the header")
        }
        guard let size = octal(header[124..<136]), size <= reader.greatestCount else {
            throw wrong("size of a member", 124, "invalid number, or more than the file can hold")
        }
        let isPOSIX = header[257..<262].elementsEqual("ustar".utf8)
        let prefix = isPOSIX ? text(header[345..<500]) : ""
        let name = text(header[0..<100])
        (unread, padding) = (size, (Self.blockSize - size % Self.blockSize) % Self.blockSize)
        return Member(
            path: prefix.isEmpty ? name : prefix + "/" + name, size: size,
            isFile: header[156] == 0 || header[156] == UInt8(ascii: "0"))
    }

    /// The bytes of the member that ``next()`` gave; throws ``FileError`` when there are more than
    /// `limit`.
    public func read(limit: Int) throws(FileError) -> [UInt8] {
        guard unread <= limit else {
            throw .malformed(
                reader.path, field: "member", offset: reader.offset,
                "\(unread) bytes, more than the \(limit) allowed")
        }
        let bytes = try reader.read(unread, field: "member")
        unread = 0
        return bytes
    }

    private func skip(_ count: Int) throws(FileError) {
        var left = count
        while left > 0 {
            let piece = min(left, 1 << 20)
            _ = try reader.read(piece, field: "member")
            left -= piece
        }
    }

    private func text(_ field: ArraySlice<UInt8>) -> String {
        String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// Octal digits between spaces and zero bytes; nil for anything else.
    private func octal(_ field: ArraySlice<UInt8>) -> Int? {
        let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0x20 && $0 != 0 }
        return Int(String(decoding: digits, as: UTF8.self), radix: 8).flatMap { $0 < 0 ? nil : $0 }
    }
}
