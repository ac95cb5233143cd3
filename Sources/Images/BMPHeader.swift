/// The headers of a BMP file, of Windows and of OS/2: no more than Pillow takes.
struct BMPHeader {
    enum Compression: Int { case none, runs8, runs4, masks }

    let height, width, bits: Int
    let isTopDown: Bool
    let compression: Compression
    /// Red, green, blue and the fourth, of ``Compression/masks``.
    private(set) var masks: [Int] = []
    /// How many colours the palette has, as read: 0 for images without one.
    private(set) var palette: [[UInt8]] = []
    /// Where the pixels begin.
    private(set) var start: Int

    init(_ bytes: [UInt8]) throws(DecodingFailure) {
        let word = { (offset: Int, size: Int) throws(DecodingFailure) in
            guard offset <= bytes.count - size else { throw .cutOff }
            return (0..<size).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
        }
        let size = try word(14, 4)
        guard [12, 40, 52, 56, 64, 108, 124].contains(size) else {
            throw DecodingFailure("a BMP header of \(size) bytes is not supported")
        }
        let isOld = size == 12
        let high = try word(isOld ? 20 : 22, isOld ? 2 : 4)
        isTopDown = !isOld && high >> 24 == 0xFF
        height = isTopDown ? 1 << 32 - high : high
        width = try word(18, isOld ? 2 : 4)
        bits = try word(isOld ? 24 : 28, 2)
        let method = isOld ? 0 : try word(30, 4)
        try DecodingFailure.checkSize(width: width, height: height)
        guard [1, 4, 8, 16, 24, 32].contains(bits) else {
            throw DecodingFailure("BMP of \(bits) bits a pixel is not supported")
        }
        // Huffman codes of OS/2 have the number that masks have elsewhere.
        guard let compression = Compression(rawValue: method), size != 64 || method < 3,
            compression != .runs8 || bits == 8, compression != .runs4 || bits == 4,
            compression != .masks || bits >= 16
        else { throw DecodingFailure("BMP compression \(method) of \(bits) bits is not supported") }
        self.compression = compression

        var end = 14 + size
        if compression == .masks {
            for index in 0..<(size >= 56 ? 4 : 3) { masks.append(try word(54 + 4 * index, 4)) }
            if masks.count < 4 { masks.append(0) }
            end = max(end, 66)
        }
        start = try word(10, 4)
        if bits <= 8 {
            let entry = isOld ? 3 : 4
            let said = isOld ? 0 : try word(46, 4)
            let count = said == 0 ? 1 << bits : said
            guard count <= 256 else {
                throw DecodingFailure("a BMP palette of \(count) colours is not supported")
            }
            if start == 14 + size { start += entry * count }
            for index in 0..<count {
                let colour = try word(end + entry * index, 3)
                palette.append([2, 1, 0].map { UInt8(colour >> (8 * $0) & 255) })
            }
            end += entry * count
        }
        if start == 0 { start = end }
    }

    /// Where red, green and blue lie in a pixel without a palette, and their greatest value.
    func fields() throws(DecodingFailure) -> [(shift: Int, most: Int)] {
        let usual = bits == 16 ? [0x7C00, 0x3E0, 0x1F] : [0xFF0000, 0xFF00, 0xFF]
        let colours = compression == .masks ? Array(masks.prefix(3)) : usual
        let isUnsaid = bits == 32 && masks == [0, 0, 0, 0]
        // Those that Pillow knows, with what the fourth byte may be.
        let known: [(bits: Int, colours: [Int], fourth: [Int])] = [
            (16, [0x7C00, 0x3E0, 0x1F], []), (16, [0xF800, 0x7E0, 0x1F], []), (24, usual, []),
            (32, usual, [0, 0xFF00_0000]), (32, [0xFF, 0xFF00, 0xFF0000], [0xFF00_0000]),
            (32, [0xFF00_0000, 0xFF0000, 0xFF00], [0, 0xFF]),
            (32, [0xFF00_0000, 0xFF00, 0xFF], [0, 0xFF0000]),
        ]
        guard
            compression == .none || isUnsaid
                || known.contains(where: {
                    $0.bits == bits && $0.colours == colours
                        && ($0.fourth.isEmpty || $0.fourth.contains(masks[3]))
                })
        else {
            let text = masks.map { String($0, radix: 16) }.joined(separator: " ")
            throw DecodingFailure("BMP of \(bits) bits with masks \(text) is not supported")
        }
        return (isUnsaid ? usual : colours).map {
            ($0.trailingZeroBitCount, $0 >> $0.trailingZeroBitCount)
        }
    }

    /// What the indices of 1, 4 or 8 bits stand for.
    func indexed() throws(DecodingFailure) -> StoredImage.Samples {
        let isRamp =
            palette.count == 2
            ? palette == [[0, 0, 0], [255, 255, 255]]
            : palette.enumerated().allSatisfy { $1 == [UInt8](repeating: UInt8($0), count: 3) }
        // Pillow takes the pixels of such a palette for grey levels of 8 bits, or for bits.
        let isBits = palette.count <= 2
        if isRamp && (isBits != (bits == 1) || (bits == 4 && compression == .none)) {
            throw DecodingFailure(
                "a palette of \(palette.count) greys for \(bits) bits a pixel is not supported")
        }
        let colours = isRamp && isBits ? [[0, 0, 0], [255, 255, 255]] : palette
        let bytes = colours.flatMap(\.self)
        return isRamp && !isBits
            ? .grey : .palette(bytes + [UInt8](repeating: 0, count: 768 - bytes.count))
    }
}
