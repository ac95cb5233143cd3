/// How an image is to be turned before it is shown, by the numbers of EXIF's tag 274.
enum Orientation: Int {
    case upright = 1
    case mirrored, halfTurned, flipped, transposed, turnedRight, transversed, turnedLeft

    /// What the EXIF of a file says, nil if it says nothing that can be read. A TIFF file says it in
    /// its own tags, which libtiff reads.
    init?(of bytes: [UInt8], _ format: ImageFormat) {
        let exif: ArraySlice<UInt8>? =
            switch format {
            case .jpeg: JPEGSegments.exif(in: bytes)
            case .png: PNGChunks.exif(in: bytes)
            case .webP: WebPDecoder.exif(in: bytes)
            case .bmp, .gif, .tiff: nil
            }
        guard let exif, let number = Self.number(in: exif) else { return nil }
        self.init(rawValue: number)
    }

    /// The number in the first folder of EXIF, which is a TIFF file without an image.
    ///
    /// Only this one tag is looked for, within the bytes and once for each entry: a library for all of
    /// EXIF would read makers' notes and much else that nobody needs from an untrusted file.
    private static func number(in exif: ArraySlice<UInt8>) -> Int? {
        var exif = exif
        let title = Array("Exif\0\0".utf8)
        for _ in 0..<2 where exif.starts(with: title) { exif = exif.dropFirst(title.count) }
        guard
            let isLittle = [[0x49, 0x49, 42, 0]: true, [0x4D, 0x4D, 0, 42]: false][exif.prefix(4)]
        else { return nil }

        func number(at offset: Int, size: Int) -> Int? {
            guard offset >= 0, offset <= exif.count - size else { return nil }
            let bytes = exif[(exif.startIndex + offset)..<(exif.startIndex + offset + size)]
            return (isLittle ? Array(bytes.reversed()) : Array(bytes)).reduce(0) {
                $0 << 8 | Int($1)
            }
        }
        guard let folder = number(at: 4, size: 4), let entries = number(at: folder, size: 2)
        else { return nil }
        for entry in 0..<entries {
            let start = folder + 2 + 12 * entry
            guard let tag = number(at: start, size: 2), let type = number(at: start + 2, size: 2),
                let count = number(at: start + 4, size: 4)
            else { return nil }
            // Types of whole numbers: of 8, 16 and 32 bits.
            guard tag == 274, count > 0, let size = [3: 2, 4: 4, 6: 1, 8: 2, 9: 4, 13: 4][type]
            else { continue }
            let (total, isInside) = (size * count, size * count <= 4)
            guard let place = isInside ? start + 8 : number(at: start + 8, size: 4),
                place <= exif.count - total
            else { continue }
            return number(at: place, size: size)
        }
        return nil
    }

    /// The image as it is to be shown, in `buffer` unless it is upright.
    func turn(_ image: PixelView, into buffer: PixelBuffer) throws(DecodingFailure) -> PixelView {
        guard self != .upright else { return image }
        let (rows, columns) = (image.height, image.width)
        // The first pixel of the result in the image, and the steps to the next in its row and column.
        let (down, right) = (columns, 1)
        let (bottom, last) = (down * (rows - 1), columns - 1)
        let (first, across, along): (Int, Int, Int) =
            switch self {
            case .upright: (0, right, down)
            case .mirrored: (last, -right, down)
            case .halfTurned: (bottom + last, -right, -down)
            case .flipped: (bottom, right, -down)
            case .transposed: (0, down, right)
            case .turnedRight: (bottom, -down, right)
            case .transversed: (bottom + last, -down, -right)
            case .turnedLeft: (last, down, -right)
            }
        let isSwapped = rawValue > 4
        let (height, width) = isSwapped ? (columns, rows) : (rows, columns)
        var output = try room(rows * columns * image.channels, in: buffer)
        for row in 0..<height {
            var pixel = first + row * along
            for _ in 0..<width {
                let source = image.base + pixel * image.channels
                for channel in 0..<image.channels { output[channel] = source[channel] }
                output += image.channels
                pixel += across
            }
        }
        return PixelView(buffer, height: height, width: width, channels: image.channels)
    }
}
