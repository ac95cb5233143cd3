import CZlib

/// The chunks that a PNG file consists of: length, type, data and check sum each.
enum PNGChunks {
    /// The file without texts, times, profiles and all else that does not change a pixel; nil if its
    /// chunks do not reach to its end.
    ///
    /// Throws if a chunk that is left out is damaged, as it would be if it were read.
    static func withoutNotes(_ bytes: [UInt8]) throws(DecodingFailure) -> [UInt8]? {
        var kept = Array(bytes.prefix(PNGDecoder.signature.count))
        var start = kept.count
        while start < bytes.count {
            guard bytes.count - start >= 12 else { return nil }
            let length = word(bytes, at: start)
            guard length <= bytes.count - start - 12 else { return nil }
            let end = start + 12 + length
            let type = Array(bytes[(start + 4)..<(start + 8)])
            if Self.changesPixels(type) {
                kept += bytes[start..<end]
            } else {
                let sum = bytes.withUnsafeBufferPointer { bytes in
                    crc32(0, bytes.baseAddress.map { $0 + start + 4 }, UInt32(length + 4))
                }
                guard Int(sum) == word(bytes, at: end - 4) else {
                    throw DecodingFailure(
                        "it is damaged (the check sum of a chunk at byte \(start) is wrong)")
                }
            }
            start = end
        }
        return kept
    }

    /// What the last chunk of EXIF holds; nil if there is none, or a damaged one.
    static func exif(in bytes: [UInt8]) -> ArraySlice<UInt8>? {
        var found: ArraySlice<UInt8>?
        var start = PNGDecoder.signature.count
        while bytes.count - start >= 12 {
            let length = word(bytes, at: start)
            guard length <= bytes.count - start - 12 else { break }
            if bytes[(start + 4)...].starts(with: Array("eXIf".utf8)) {
                found = bytes[(start + 8)..<(start + 8 + length)]
            }
            start += 12 + length
        }
        return found
    }

    /// Chunks in capitals are needed, and so is the one of transparency: a colour that stands for it
    /// says how grey and colours are stored.
    private static func changesPixels(_ type: [UInt8]) -> Bool {
        type[0] & 0x20 == 0 || type == Array("tRNS".utf8)
    }

    private static func word(_ bytes: [UInt8], at start: Int) -> Int {
        bytes[start..<(start + 4)].reduce(0) { $0 << 8 | Int($1) }
    }
}
