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
        if TIFFIsTiled(file) != 0 {
            try readTiles(file, layout, into: pixels)
        } else {
            try readRows(file, layout, into: pixels)
        }
        // What libtiff says and then goes on is damage all the same: codes of faxes, for example.
        if let error = messages.error { throw DecodingFailure("it is damaged (\(error))") }
        var image = StoredImage(
            height: height, width: width, samples: try layout.samples(of: file))
        image.orientation = layout.orientation
        return image
    }

    private static func readRows(
        _ file: OpaquePointer, _ layout: TIFFLayout, into pixels: UnsafeMutablePointer<UInt8>
    ) throws(DecodingFailure) {
        let expected = (layout.width * layout.bits * layout.samplesInRow + 7) / 8
        let size = Int(TIFFScanlineSize(file))
        guard size == expected else {
            throw DecodingFailure("it is damaged (rows of \(size) bytes instead of \(expected))")
        }
        let row = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8)
        defer { row.deallocate() }
        for plane in 0..<layout.planes {
            for y in 0..<layout.height {
                guard TIFFReadScanline(file, row, UInt32(y), UInt16(plane)) == 1 else {
                    throw .cutOffOrDamaged(file)
                }
                layout.unpack(
                    row, count: layout.width, plane: plane,
                    into: pixels + y * layout.width * layout.colourChannels)
            }
        }
    }

    private static func readTiles(
        _ file: OpaquePointer, _ layout: TIFFLayout, into pixels: UnsafeMutablePointer<UInt8>
    ) throws(DecodingFailure) {
        let columns = Int(try TIFFLayout.number(UInt32(TIFFTAG_TILEWIDTH), of: file))
        let rows = Int(try TIFFLayout.number(UInt32(TIFFTAG_TILELENGTH), of: file))
        let limit = 1 << 24
        let (area, overflow) = columns.multipliedReportingOverflow(by: rows)
        guard rows > 0, columns > 0, !overflow, area <= limit else {
            throw DecodingFailure("TIFF tiles of \(columns) × \(rows) pixels are not supported")
        }
        let rowSize = (columns * layout.bits * layout.samplesInRow + 7) / 8
        let size = Int(TIFFTileSize(file))
        guard size == rowSize * rows else {
            throw DecodingFailure(
                "it is damaged (tiles of \(size) bytes instead of \(rowSize * rows))")
        }
        let tile = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8)
        defer { tile.deallocate() }
        for plane in 0..<layout.planes {
            for top in stride(from: 0, to: layout.height, by: rows) {
                for left in stride(from: 0, to: layout.width, by: columns) {
                    let number = TIFFComputeTile(
                        file, UInt32(left), UInt32(top), 0, UInt16(plane))
                    guard TIFFReadEncodedTile(file, number, tile, tmsize_t(size)) == tmsize_t(size)
                    else {
                        throw .cutOffOrDamaged(file)
                    }
                    for y in top..<min(top + rows, layout.height) {
                        layout.unpack(
                            tile + (y - top) * rowSize, count: min(columns, layout.width - left),
                            plane: plane,
                            into: pixels + (y * layout.width + left) * layout.colourChannels)
                    }
                }
            }
        }
    }
}

extension DecodingFailure {
    fileprivate static func cutOffOrDamaged(_ file: OpaquePointer) -> Self {
        let messages = TIFFMessages.of(file)
        let text = messages?.error ?? "a part of it cannot be decoded"
        let isShort = ["Read error", "got", "Not enough data", "beyond"].contains(
            where: text.contains)
        return isShort ? .cutOff : DecodingFailure("it is damaged (\(text))")
    }
}
