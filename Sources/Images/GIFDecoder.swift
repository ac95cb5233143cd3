import CGIF

/// GIF through giflib: the first frame on its canvas. A transparent pixel has the colour that the
/// palette gives to it, as Pillow leaves it.
enum GIFDecoder {
    /// What giflib reads from; it keeps the address.
    private struct Source {
        var rest: UnsafeRawBufferPointer.SubSequence
    }

    static func decode(
        _ bytes: [UInt8], into target: Target
    ) throws(DecodingFailure) -> StoredImage {
        try bytes.withUnsafeBytes { bytes -> Result<StoredImage, DecodingFailure> in
            var source = Source(rest: bytes[...])
            return withUnsafeMutablePointer(to: &source) { source in
                do throws(DecodingFailure) {
                    return .success(try decode(from: source, into: target))
                } catch { return .failure(error) }
            }
        }.get()
    }

    private static func decode(
        from source: UnsafeMutablePointer<Source>, into target: Target
    ) throws(DecodingFailure) -> StoredImage {
        var status: Int32 = 0
        let file = DGifOpen(
            source,
            { file, bytes, count in
                guard let bytes, let data = file?.pointee.UserData, count > 0 else { return 0 }
                let source = data.assumingMemoryBound(to: Source.self)
                let part = source.pointee.rest.prefix(Int(count))
                UnsafeMutableRawBufferPointer(start: bytes, count: part.count).copyBytes(from: part)
                source.pointee.rest.removeFirst(part.count)
                return Int32(part.count)
            }, &status)
        guard let file else { throw failure(status, source) }
        defer { DGifCloseFile(file, nil) }
        let transparent = try findFrame(in: file, source)
        return try decodeFrame(of: file, source, background: transparent ?? 0, into: target)
    }

    /// Reads up to the first frame; returns the index that stands for transparency.
    private static func findFrame(
        in file: UnsafeMutablePointer<GifFileType>, _ source: UnsafeMutablePointer<Source>
    ) throws(DecodingFailure) -> UInt8? {
        func check(_ result: Int32) throws(DecodingFailure) {
            guard result == GIF_OK else { throw failure(file.pointee.Error, source) }
        }
        var transparent: UInt8?
        while true {
            var type = UNDEFINED_RECORD_TYPE
            try check(DGifGetRecordType(file, &type))
            switch type {
            case IMAGE_DESC_RECORD_TYPE:
                try check(DGifGetImageDesc(file))
                return transparent
            case EXTENSION_RECORD_TYPE:
                var (code, block): (Int32, UnsafeMutablePointer<UInt8>?) = (0, nil)
                try check(DGifGetExtension(file, &code, &block))
                // A block's first byte is its length.
                if code == GRAPHICS_EXT_FUNC_CODE, let block, block[0] >= 4, block[1] & 1 == 1 {
                    transparent = block[4]
                }
                while block != nil { try check(DGifGetExtensionNext(file, &block)) }
            default: throw DecodingFailure("it is damaged (it has no frame)")
            }
        }
    }

    private static func decodeFrame(
        of file: UnsafeMutablePointer<GifFileType>, _ source: UnsafeMutablePointer<Source>,
        background: UInt8, into target: Target
    ) throws(DecodingFailure) -> StoredImage {
        let frame = file.pointee.Image
        let (rows, columns) = (Int(frame.Height), Int(frame.Width))
        let (top, left) = (Int(frame.Top), Int(frame.Left))
        try DecodingFailure.checkSize(width: columns, height: rows)
        // Pillow's canvas grows to the frame.
        let height = max(Int(file.pointee.SHeight), top + rows)
        let width = max(Int(file.pointee.SWidth), left + columns)
        let indices = try target.room(height: height, width: width, bytesPerPixel: 1)
        if rows < height || columns < width {
            indices.update(repeating: background, count: height * width)
        }
        // An interlaced frame comes in four passes.
        let passes = frame.Interlace ? [(0, 8), (4, 8), (2, 4), (1, 2)] : [(0, 1)]
        for (first, step) in passes {
            for row in stride(from: first, to: rows, by: step) {
                let line = indices + (top + row) * width + left
                guard DGifGetLine(file, line, Int32(columns)) == GIF_OK else {
                    throw failure(file.pointee.Error, source)
                }
            }
        }
        return StoredImage(height: height, width: width, samples: try palette(of: file.pointee))
    }

    /// Indices are grey levels without a palette, and with one that says just that.
    private static func palette(of file: GifFileType) throws(DecodingFailure) -> StoredImage.Samples
    {
        func colours(_ map: UnsafeMutablePointer<ColorMapObject>?) -> [UInt8]? {
            guard let map, let colours = map.pointee.Colors else { return nil }
            let count = min(max(Int(map.pointee.ColorCount), 0), 256)
            let bytes = (0..<count).flatMap {
                [colours[$0].Red, colours[$0].Green, colours[$0].Blue]
            }
            return bytes.enumerated().allSatisfy { $0 / 3 == Int($1) } ? nil : bytes
        }
        let local = file.Image.ColorMap
        if local != nil && colours(local) == nil && colours(file.SColorMap) != nil {
            // To RGB, Pillow takes the colours that are not the frame's; to grey, it does not.
            throw DecodingFailure("GIF with a frame of grey levels among colours is not supported")
        }
        guard let bytes = colours(local ?? file.SColorMap) else { return .grey }
        return .palette(bytes + [UInt8](repeating: 0, count: 768 - bytes.count))
    }

    private static func failure(
        _ status: Int32, _ source: UnsafeMutablePointer<Source>
    ) -> DecodingFailure {
        let isAtEnd = source.pointee.rest.isEmpty
        if isAtEnd && status != D_GIF_ERR_NOT_ENOUGH_MEM { return .cutOff }
        let text = GifErrorString(status).map { String(cString: $0) } ?? "unknown error"
        return DecodingFailure("it is damaged (\(text))")
    }
}
