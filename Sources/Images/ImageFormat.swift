/// What a file is, as its first bytes tell.
enum ImageFormat {
    case jpeg, png, webP, bmp, gif, tiff

    private static let known: [(Self, starts: [[UInt8]])] = [
        (.jpeg, [[0xFF, 0xD8, 0xFF]]),
        (.png, [PNGDecoder.signature]),
        (.bmp, [Array("BM".utf8)]),
        (.gif, [Array("GIF87a".utf8), Array("GIF89a".utf8)]),
        // The last two: with addresses of 64 bits.
        (
            .tiff,
            [
                [0x49, 0x49, 42, 0], [0x4D, 0x4D, 0, 42], [0x49, 0x49, 43, 0], [0x4D, 0x4D, 0, 43],
            ]
        ),
    ]

    /// What people have pictures in, and nothing here can read: where a text lies in it, and its name.
    private static let refused: [(offset: Int, text: String, name: String)] =
        ["heic", "heix", "hevc", "heim", "heis"].map { (4, "ftyp" + $0, "HEIC") }
        + ["mif1", "msf1"].map { (4, "ftyp" + $0, "HEIF") }
        + ["avif", "avis"].map { (4, "ftyp" + $0, "AVIF") }
        + [
            (4, "JXL \r\n", "JPEG XL"), (4, "jP  \r\n", "JPEG 2000"),
            (0, "8BPS", "Photoshop's PSD"),
            (0, "%PDF", "PDF"), (0, "<svg", "SVG"), (0, "\0\0\u{1}\0", "ICO"),
        ] + (1...6).map { (0, "P\($0)\n", "PNM (pbm, pgm, ppm)") }

    /// Throws for what is none of them, with its name if that is known.
    static func of(_ bytes: [UInt8]) throws(DecodingFailure) -> Self {
        if bytes.isEmpty { throw DecodingFailure("the file is empty") }
        for (format, starts) in known where starts.contains(where: bytes.starts) { return format }
        if has(bytes, "RIFF", at: 0) && has(bytes, "WEBP", at: 8) { return .webP }
        for (offset, text, name) in refused where has(bytes, text, at: offset) {
            throw DecodingFailure("it is \(name), which is not supported: convert it to JPEG")
        }
        throw DecodingFailure("it is not JPEG, PNG, WebP, BMP, GIF or TIFF")
    }

    private static func has(_ bytes: [UInt8], _ text: String, at offset: Int) -> Bool {
        bytes.dropFirst(offset).starts(with: text.utf8)
    }
}
