import CTIFF

/// TIFF through libtiff: the first image of a file, as far as Pillow reads it and both agree.
///
/// Pillow turns a TIFF image as its own tag says whenever it is read.
enum TIFFDecoder {
    static func decode(
        _ bytes: [UInt8], into target: Target
    ) throws(DecodingFailure) -> StoredImage {
        let messages = TIFFMessages()
        return try bytes.withUnsafeBytes { bytes -> Result<StoredImage, DecodingFailure> in
            do throws(DecodingFailure) {
                let file = try TIFFFile(bytes, messages)
                defer { withExtendedLifetime(file) {} }
                return .success(try decode(file.handle, messages, into: target))
            } catch { return .failure(error) }
        }.get()
    }

    private static func decode(
        _ file: OpaquePointer, _ messages: TIFFMessages, into target: Target
    ) throws(DecodingFailure) -> StoredImage {
        let layout = try TIFFLayout(file, messages)
        let (height, width) = (layout.height, layout.width)
        let pixels = try target.room(
            height: height, width: width, bytesPerPixel: layout.colourChannels)
        try readParts(file, layout, messages, into: pixels)
        var image = StoredImage(
            height: height, width: width, samples: try layout.samples(of: file))
        image.orientation = layout.orientation
        return image
    }

    /// Reads whole strips or tiles: runs of PackBits may go on in the next row.
    private static func readParts(
        _ file: OpaquePointer, _ layout: TIFFLayout, _ messages: TIFFMessages,
        into pixels: UnsafeMutablePointer<UInt8>
    ) throws(DecodingFailure) {
        let isTiled = TIFFIsTiled(file) != 0
        func number(_ tag: Int32) throws(DecodingFailure) -> Int {
            Int(try TIFFLayout.number(UInt32(tag), of: file))
        }
        let columns = isTiled ? try number(TIFFTAG_TILEWIDTH) : layout.width
        let rows =
            isTiled
            ? try number(TIFFTAG_TILELENGTH)
            : min(try number(TIFFTAG_ROWSPERSTRIP), layout.height)
        let (area, overflow) = columns.multipliedReportingOverflow(by: rows)
        guard rows > 0, columns > 0, !isTiled || (!overflow && area <= 1 << 24) else {
            throw DecodingFailure("TIFF tiles of \(columns) × \(rows) pixels are not supported")
        }
        let rowSize = (columns * layout.bits * layout.samplesInRow + 7) / 8
        let size = Int(isTiled ? TIFFTileRowSize(file) : TIFFScanlineSize(file))
        guard size == rowSize else {
            throw DecodingFailure("it is damaged (rows of \(size) bytes instead of \(rowSize))")
        }
        let memory = PixelBuffer()
        defer { withExtendedLifetime(memory) {} }
        let part = UnsafeMutableRawPointer(try room(rowSize * rows, in: memory))
        for plane in 0..<layout.planes {
            for top in stride(from: 0, to: layout.height, by: rows) {
                for left in stride(from: 0, to: layout.width, by: columns) {
                    let inside = min(rows, layout.height - top)
                    let size = tmsize_t(rowSize * (isTiled ? rows : inside))
                    let (x, y, plane16) = (UInt32(left), UInt32(top), UInt16(plane))
                    let read =
                        isTiled
                        ? TIFFReadEncodedTile(
                            file, TIFFComputeTile(file, x, y, 0, plane16), part, size)
                        : TIFFReadEncodedStrip(file, TIFFComputeStrip(file, y, plane16), part, size)
                    guard read == size, messages.error == nil else { throw failure(messages) }
                    for row in 0..<inside {
                        layout.unpack(
                            part + row * rowSize, count: min(columns, layout.width - left),
                            plane: plane,
                            into: pixels + ((top + row) * layout.width + left)
                                * layout.colourChannels)
                    }
                }
            }
        }
    }

    /// What libtiff calls an error and then goes on is damage all the same: codes of faxes, for example.
    private static func failure(_ messages: TIFFMessages) -> DecodingFailure {
        let text = messages.error ?? "a part of it cannot be decoded"
        let isShort = ["Read error", "Not enough data", "beyond", "got "].contains(
            where: text.contains)
        return isShort ? .cutOff : DecodingFailure("it is damaged (\(text))")
    }
}
