import CTIFF

/// How the pixels of a TIFF image are stored: no more than what Pillow reads to the same values.
struct TIFFLayout {
    private enum Colours: Int { case whiteIsZero, blackIsZero, rgb, palette, inks = 5, luminance }

    let height, width, bits: Int
    let orientation: Orientation
    /// Samples of a pixel, of which the first are its colours.
    private let samples: Int
    private let colours: Colours
    private let isPlanar: Bool
    /// Whether colours were multiplied by the sample after them.
    private let isPremultiplied: Bool

    var colourChannels: Int {
        switch colours {
        case .rgb, .luminance: 3
        case .inks: 4
        case .whiteIsZero, .blackIsZero, .palette: 1
        }
    }
    var planes: Int { isPlanar ? samples : 1 }
    var samplesInRow: Int { isPlanar ? 1 : samples }

    init(_ file: OpaquePointer, _ messages: TIFFMessages) throws(DecodingFailure) {
        func short(_ tag: Int32) -> Int {
            var value: UInt16 = 0
            return tiffShort(file, UInt32(tag), &value) != 0 ? Int(value) : 0
        }
        width = Int(try Self.number(UInt32(TIFFTAG_IMAGEWIDTH), of: file))
        height = Int(try Self.number(UInt32(TIFFTAG_IMAGELENGTH), of: file))
        try DecodingFailure.checkSize(width: width, height: height)
        bits = short(TIFFTAG_BITSPERSAMPLE)
        samples = short(TIFFTAG_SAMPLESPERPIXEL)
        orientation = Orientation(rawValue: short(TIFFTAG_ORIENTATION)) ?? .upright
        isPlanar = samples > 1 && short(TIFFTAG_PLANARCONFIG) == PLANARCONFIG_SEPARATE
        let compression = short(TIFFTAG_COMPRESSION)
        let format = short(TIFFTAG_SAMPLEFORMAT)
        let photometric = short(TIFFTAG_PHOTOMETRIC)
        guard format == SAMPLEFORMAT_UINT else {
            let kind = [2: "signed", 3: "floating-point"][format] ?? "such"
            throw DecodingFailure("TIFF of \(kind) samples is not supported")
        }
        guard Self.compressions.contains(compression) else {
            throw DecodingFailure("TIFF compression \(compression) is not supported")
        }
        guard let colours = Colours(rawValue: photometric) else {
            let kind =
                [8: "CIE L*a*b*", 32803: "raw sensor"][photometric] ?? "photometric \(photometric)"
            throw DecodingFailure("TIFF of \(kind) colours is not supported")
        }
        self.colours = colours
        var (count, kinds): (UInt16, UnsafeMutablePointer<UInt16>?) = (0, nil)
        let hasExtra = tiffExtraSamples(file, &count, &kinds) != 0
        let extra = hasExtra ? (0..<Int(count)).map { Int(kinds?[$0] ?? 0) } : []
        isPremultiplied = extra.first == Int(EXTRASAMPLE_ASSOCALPHA)

        let isReversed = short(TIFFTAG_FILLORDER) == FILLORDER_LSB2MSB
        let isJPEG = compression == COMPRESSION_JPEG
        let isKnown =
            switch colours {
            case .whiteIsZero: [1, 2, 4, 8].contains(bits) && extra.isEmpty
            case .blackIsZero:
                bits == 8 && extra.count <= 1 && !isPremultiplied
                    || [1, 2, 4, 16].contains(bits) && extra.isEmpty
            case .palette:
                bits == 8 && extra.count <= 1 && !isPremultiplied
                    || [1, 2, 4].contains(bits) && extra.isEmpty
            case .rgb: bits == 8 && extra.count <= 3 || bits == 16 && extra.count <= 1
            case .inks:
                bits == 8 && extra.allSatisfy { $0 == 0 } && extra.count <= 2
                    || bits == 16 && extra.isEmpty
            case .luminance: isJPEG && bits == 8 && extra.isEmpty
            }
        guard isKnown, extra.dropFirst().allSatisfy({ $0 == 0 }), !isPlanar || bits == 8,
            !isPlanar || !isPremultiplied && colours != .luminance,
            // Pillow refuses these.
            !messages.samplesAreGuessed || colours == .rgb && extra.count == 1,
            !isReversed
                || extra.isEmpty
                    && (bits <= 8 && colourChannels == 1 || bits == 8 && colours == .rgb)
        else {
            throw DecodingFailure(
                "TIFF of \(samples) samples of \(bits) bits, photometric \(photometric), is not "
                    + "supported")
        }
        guard samples == colourChannels + extra.count else {
            throw DecodingFailure("it is damaged (it has \(samples) samples a pixel)")
        }
        if colours == .luminance { _ = tiffWantsRGB(file) }
    }

    /// Those that are exact, fax and JPEG: none, CCITT, LZW, JPEG, deflate, PackBits.
    private static let compressions: Set<Int> = [1, 2, 3, 4, 5, 7, 8, 32946, 32773]

    static func number(_ tag: UInt32, of file: OpaquePointer) throws(DecodingFailure) -> UInt32 {
        var value: UInt32 = 0
        guard tiffNumber(file, tag, &value) != 0 else {
            throw DecodingFailure("it is damaged (tag \(tag) is missing)")
        }
        return value
    }

    /// What pixels are after ``unpack(_:count:plane:into:)``.
    func samples(of file: OpaquePointer) throws(DecodingFailure) -> StoredImage.Samples {
        switch colours {
        case .whiteIsZero, .blackIsZero: return .grey
        case .rgb, .luminance: return .rgb
        case .inks: return .cmyk(isInverted: false)
        case .palette: break
        }
        var (red, green, blue):
            (
                UnsafeMutablePointer<UInt16>?, UnsafeMutablePointer<UInt16>?,
                UnsafeMutablePointer<UInt16>?
            ) = (nil, nil, nil)
        guard tiffColorMap(file, &red, &green, &blue) != 0, let red, let green, let blue else {
            throw DecodingFailure("it is damaged (its palette is missing)")
        }
        let bytes = (0..<(1 << bits)).flatMap { index in
            [red, green, blue].map { UInt8($0[index] >> 8) }
        }
        return .palette(bytes + [UInt8](repeating: 0, count: 768 - bytes.count))
    }

    /// Pixels of a row, or their samples in one plane, to 8 bits for each colour.
    func unpack(
        _ row: UnsafeMutableRawPointer, count: Int, plane: Int,
        into pixels: UnsafeMutablePointer<UInt8>
    ) {
        let bytes = UnsafePointer(row.assumingMemoryBound(to: UInt8.self))
        let channels = colourChannels
        if bits < 8 {
            let (perByte, mask) = (8 / bits, UInt8(1 << bits - 1))
            let scale = colours == .palette ? 1 : 255 / mask
            let flip: UInt8 = colours == .whiteIsZero ? 255 : 0
            for x in 0..<count {
                let shift = (perByte - 1 - x % perByte) * bits
                pixels[x] = (bytes[x / perByte] >> shift & mask) * scale ^ flip
            }
            return
        }
        if isPlanar {
            guard plane < channels else { return }
            for x in 0..<count { pixels[x * channels + plane] = bytes[x] }
        } else if bits == 8 {
            let flip: UInt8 = colours == .whiteIsZero ? 255 : 0
            for x in 0..<count {
                for channel in 0..<channels {
                    pixels[x * channels + channel] = bytes[x * samples + channel] ^ flip
                }
            }
        } else {
            let words = UnsafePointer(row.assumingMemoryBound(to: UInt16.self))
            for x in 0..<count {
                for channel in 0..<channels {
                    let word = words[x * samples + channel]
                    // Pillow clips deep grey, and takes the higher byte of colours.
                    pixels[x * channels + channel] =
                        channels == 1 ? UInt8(clamping: word) : UInt8(word >> 8)
                }
            }
        }
        guard isPremultiplied else { return }
        for x in 0..<count {
            let place = x * samples + channels
            let alpha = Int(
                bits == 8
                    ? bytes[place]
                    : UInt8(row.load(fromByteOffset: 2 * place, as: UInt16.self) >> 8))
            for channel in 0..<channels where alpha < 255 {
                let value = Int(pixels[x * channels + channel])
                pixels[x * channels + channel] =
                    alpha == 0 ? 0 : UInt8(min(value * 255 / alpha, 255))
            }
        }
    }
}
