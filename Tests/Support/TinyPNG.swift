import Foundation

/// A PNG file of 8-bit colours whose bytes are stored, not compressed.
public func tinyPNG(
    height: Int = 24, width: Int = 24, texts: Int = 0,
    pixel: (_ y: Int, _ x: Int) -> (red: UInt8, green: UInt8, blue: UInt8)
) -> [UInt8] {
    var rows: [UInt8] = []
    for y in 0..<height {
        rows.append(0)  // no filter
        for x in 0..<width {
            let (red, green, blue) = pixel(y, x)
            rows += [red, green, blue]
        }
    }
    var stream: [UInt8] = [0x78, 0x01]
    for start in stride(from: 0, to: rows.count, by: 65_535) {
        let block = rows[start..<min(start + 65_535, rows.count)]
        let count = UInt16(block.count)
        stream.append(block.endIndex == rows.count ? 1 : 0)
        for word in [count, ~count] { stream += [UInt8(word & 255), UInt8(word >> 8)] }
        stream += block
    }
    var (low, high): (UInt32, UInt32) = (1, 0)
    for byte in rows {
        low = (low + UInt32(byte)) % 65_521
        high = (high + low) % 65_521
    }
    stream += bigEndian(high << 16 | low)

    let header = bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [8, 2, 0, 0, 0]
    var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    file += pngChunk("IHDR", header)
    for number in 0..<texts { file += pngChunk("tEXt", Array("k\(number)\u{0}v".utf8)) }
    return file + pngChunk("IDAT", stream) + pngChunk("IEND", [])
}

/// Length, type, data and check sum.
public func pngChunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + data
    return bigEndian(UInt32(data.count)) + body + bigEndian(checkSum(body))
}

private func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
}

/// CRC-32, bit by bit.
private func checkSum(_ bytes: [UInt8]) -> UInt32 {
    var sum: UInt32 = .max
    for byte in bytes {
        sum ^= UInt32(byte)
        for _ in 0..<8 { sum = sum >> 1 ^ (sum & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
    return ~sum
}

/// A folder of small pictures in class folders; the place of a class tells its colour.
public enum TinyPictures {
    /// Writes `train/CLASS/0.png` and so on below `folder`. Names are bytes: any will do.
    public static func write(
        to folder: String, classes: [[UInt8]], train: Int = 6, test: Int = 4
    ) throws {
        for (split, count) in [("train", train), ("val", test)] {
            for (label, name) in classes.enumerated() {
                let place = Array("\(folder)/\(split)/".utf8) + name
                try makeFolders(place)
                for number in 0..<count {
                    let bytes = tinyPNG { y, x in
                        var colour: [UInt8] = [20, 20, 20]
                        colour[label % 3] = UInt8(200 + (7 * number + 3 * y + x) % 50)
                        if label >= 3 { colour[(label + 1) % 3] = 200 }
                        return (colour[0], colour[1], colour[2])
                    }
                    try put(bytes, at: place + Array("/\(number).png".utf8))
                }
            }
        }
    }

    public static func write(
        to folder: String, classes: [String], train: Int = 6, test: Int = 4
    ) throws {
        try write(to: folder, classes: classes.map { Array($0.utf8) }, train: train, test: test)
    }

    private static func makeFolders(_ path: [UInt8]) throws {
        let slash = UInt8(ascii: "/")
        for end in path.indices.dropFirst() where path[end] == slash || end == path.count - 1 {
            let part = Array(path[..<(path[end] == slash ? end : end + 1)]) + [0]
            mkdir(part.map(CChar.init(bitPattern:)), 0o755)
        }
    }

    private static func put(_ bytes: [UInt8], at path: [UInt8]) throws {
        let name = (path + [0]).map(CChar.init(bitPattern:))
        let file = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        guard file >= 0 else { throw CocoaError(.fileWriteUnknown) }
        defer { close(file) }
        guard Foundation.write(file, bytes, bytes.count) == bytes.count else {
            throw CocoaError(.fileWriteUnknown)
        }
    }
}
