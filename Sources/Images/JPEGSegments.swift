/// The marked segments that a JPEG file begins with.
enum JPEGSegments {
    /// EXIF before the first scan; of several segments their contents in a row, as Pillow takes them.
    static func exif(in bytes: [UInt8]) -> ArraySlice<UInt8>? {
        let title = Array("Exif\0\0".utf8)
        var found: ArraySlice<UInt8>?
        var start = 2
        while start + 3 < bytes.count {
            guard bytes[start] == 0xFF else {
                start += 1
                continue
            }
            let marker = bytes[start + 1]
            switch marker {
            case 0xFF: start += 1  // filling
            case 0x00, 0x01, 0xD0...0xD8: start += 2  // without a length
            case 0xD9, 0xDA: return found
            default:
                let length = Int(bytes[start + 2]) << 8 | Int(bytes[start + 3])
                guard length >= 2, length <= bytes.count - start - 2 else { return found }
                let segment = bytes[(start + 4)..<(start + 2 + length)]
                if marker == 0xE1 && segment.starts(with: title) {
                    found = found.map { $0 + segment.dropFirst(title.count) } ?? segment
                }
                start += 2 + length
            }
        }
        return found
    }
}
