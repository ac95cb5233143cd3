import Foundation

/// The bytes of a file in order, unzipped on the way where the file is gzip.
///
/// Whether a file is gzip is told by its first two bytes, never by its name. Nothing is allocated
/// for bytes that the file cannot hold.
public final class ByteReader {
    public let path: String
    public let isCompressed: Bool
    /// How many (unzipped) bytes have been read.
    public private(set) var offset = 0

    private let file: InputFile
    private let inflater = Inflater()
    private var input = [UInt8](uninitialized: 1 << 16)
    /// The part of `input` that is still to be used.
    private var pending = 0..<0
    private var unzippedAll = false

    /// Deflate makes at most 1032 bytes of one.
    private static let greatestExpansion = 1032

    /// Throws ``FileError`` when the file cannot be opened or read.
    public init(_ path: String) throws(FileError) {
        let file = try InputFile(path)
        var input = [UInt8](uninitialized: 1 << 16)
        let count = try input.fill { buffer throws(FileError) in try file.read(into: buffer) }
        self.path = path
        self.file = file
        self.input = input
        pending = 0..<count
        isCompressed = count >= 2 && Array(input[0..<2]) == Inflater.magic
    }

    /// The greatest number of bytes this file can hold, unzipped.
    public var greatestCount: Int {
        guard isCompressed else { return file.size }
        let (count, overflow) = file.size.multipliedReportingOverflow(by: Self.greatestExpansion)
        return overflow ? .max : count
    }

    /// Exactly `count` bytes; throws ``FileError``, naming the field, when the file has fewer.
    public func read(_ count: Int, field: String) throws(FileError) -> [UInt8] {
        precondition(count >= 0, "\(count) bytes asked for")
        let start = offset
        guard count <= greatestCount - min(start, greatestCount) else {
            throw .malformed(
                path, field: field, offset: start,
                "\(count) bytes are announced, but the file has only \(file.size)")
        }
        var bytes = [UInt8](uninitialized: count)
        let filled = try bytes.fill { buffer throws(FileError) in try fill(buffer) }
        guard filled == count else {
            throw .malformed(
                path, field: field, offset: start,
                "the file ends after \(filled) of its \(count) bytes")
        }
        return bytes
    }

    /// Throws ``FileError`` when bytes are left, or when a gzip file's check sum does not match.
    public func finish() throws(FileError) {
        var one = [UInt8](uninitialized: 1)
        let extra = try one.fill { buffer throws(FileError) in try fill(buffer) }
        guard extra == 0 else {
            throw .malformed(path, field: "end", offset: offset - 1, "unexpected bytes at the end")
        }
    }

    /// Reads what is left and forgets it; throws ``FileError`` when a gzip file's check sum does not
    /// match.
    public func skipToEnd() throws(FileError) {
        var piece = [UInt8](uninitialized: 1 << 16)
        while try piece.fill({ buffer throws(FileError) in try fill(buffer) }) > 0 {}
    }

    /// SHA-256 of all (unzipped) bytes that are left, in lower-case hexadecimal; throws
    /// ``FileError``.
    public func digestOfRest() throws(FileError) -> String {
        var hash = SHA256()
        var piece = [UInt8](uninitialized: 1 << 16)
        while true {
            let count = try piece.fill { buffer throws(FileError) in try fill(buffer) }
            if count == 0 { break }
            piece.withUnsafeBytes { hash.update(.init(rebasing: $0[..<count])) }
        }
        guard let digest = hash.hexadecimal() else {
            throw FileError(
                path: path, operation: "hash", reason: "OpenSSL cannot compute SHA-256",
                category: .inputOutput)
        }
        return digest
    }

    private func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = isCompressed ? try unzip(into: rest) : try copy(into: rest)
            if count == 0 { break }
            filled += count
        }
        offset += filled
        return filled
    }

    private func refill() throws(FileError) {
        guard pending.isEmpty else { return }
        let count = try input.fill { buffer throws(FileError) in try file.read(into: buffer) }
        pending = 0..<count
    }

    private func copy(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        try refill()
        let count = min(buffer.count, pending.count)
        buffer.copyBytes(from: input[pending.prefix(count)])
        pending = pending.dropFirst(count)
        return count
    }

    /// A gzip file may hold several members, one behind the other, that make one file: what `cat` and
    /// parallel compressors write. Zero bytes behind the last fill a block of a tape, as `gzip`
    /// takes them to.
    private func beginMember() throws(FileError) {
        try refill()
        if pending.isEmpty {
            unzippedAll = true
        } else if input[pending.lowerBound] == 0 {
            while !pending.isEmpty {
                guard input[pending].allSatisfy({ $0 == 0 }) else { throw bytesFollow }
                pending = pending.upperBound..<pending.upperBound
                try refill()
            }
            unzippedAll = true
        } else {
            guard input[pending.lowerBound] == Inflater.magic[0] else { throw bytesFollow }
            inflater.restart()
        }
    }

    private var bytesFollow: FileError {
        .malformed(
            path, field: "gzip stream", offset: offset,
            "unexpected bytes after the compressed data")
    }

    /// At least one byte, or 0 at the end of a sound gzip file.
    private func unzip(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        while !unzippedAll {
            try refill()
            guard !pending.isEmpty else {
                throw .malformed(
                    path, field: "gzip stream", offset: offset, "the compressed data is cut off")
            }
            let step = input.withUnsafeBytes { bytes in
                inflater.inflate(UnsafeRawBufferPointer(rebasing: bytes[pending]), into: buffer)
            }
            pending = pending.dropFirst(step.consumed)
            switch step.outcome {
            case .more: break
            case .failed(let reason):
                throw .malformed(path, field: "gzip stream", offset: offset, reason)
            case .finished: try beginMember()
            }
            if step.produced > 0 { return step.produced }
        }
        return 0
    }
}
