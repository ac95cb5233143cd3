import CWebP

/// WebP through libwebp: the first frame, on a black canvas if it is smaller than that. Transparency
/// is dropped, not blended, as Pillow does.
enum WebPDecoder {
    static func decode(
        _ bytes: [UInt8], into target: Target
    ) throws(DecodingFailure) -> StoredImage {
        try withDemuxer(of: bytes) { demuxer, state -> Result<StoredImage, DecodingFailure> in
            guard let demuxer else { return .failure(DecodingFailure("its chunks are damaged")) }
            do throws(DecodingFailure) {
                return .success(
                    try decode(demuxer, isWhole: state == WEBP_DEMUX_DONE, into: target))
            } catch { return .failure(error) }
        }.get()
    }

    private static func decode(
        _ demuxer: OpaquePointer, isWhole: Bool, into target: Target
    ) throws(DecodingFailure) -> StoredImage {
        guard isWhole else { throw .cutOff }
        let height = Int(WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_HEIGHT))
        let width = Int(WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_WIDTH))
        try DecodingFailure.checkSize(width: width, height: height)
        var frame = WebPIterator()
        guard WebPDemuxGetFrame(demuxer, 1, &frame) != 0 else {
            throw DecodingFailure("it is damaged (it has no frame)")
        }
        defer { WebPDemuxReleaseIterator(&frame) }
        let (top, left) = (Int(frame.y_offset), Int(frame.x_offset))
        let (rows, columns) = (Int(frame.height), Int(frame.width))
        guard frame.complete != 0 else { throw .cutOff }
        guard top >= 0, left >= 0, rows > 0, columns > 0, top <= height - rows,
            left <= width - columns
        else { throw DecodingFailure("it is damaged (a frame lies outside)") }

        let pixels = try target.room(height: height, width: width, bytesPerPixel: 3)
        if rows < height || columns < width {
            pixels.update(repeating: 0, count: height * width * 3)
        }
        let start = (top * width + left) * 3
        let end = ((top + rows - 1) * width + left + columns) * 3
        guard
            WebPDecodeRGBInto(
                frame.fragment.bytes, frame.fragment.size, pixels + start, end - start,
                Int32(3 * width)) != nil
        else { throw DecodingFailure("it is damaged (libwebp cannot decode it)") }
        return StoredImage(height: height, width: width, samples: .rgb)
    }

    /// The chunk of EXIF.
    static func exif(in bytes: [UInt8]) -> ArraySlice<UInt8>? {
        withDemuxer(of: bytes) { demuxer, _ in
            var chunk = WebPChunkIterator()
            guard let demuxer, WebPDemuxGetChunk(demuxer, "EXIF", 1, &chunk) != 0 else {
                return nil
            }
            defer { WebPDemuxReleaseChunkIterator(&chunk) }
            return ArraySlice(
                UnsafeBufferPointer(start: chunk.chunk.bytes, count: chunk.chunk.size))
        }
    }

    /// Lends what libwebp finds in these bytes, and how far it came; nil if they are no WebP.
    private static func withDemuxer<Result>(
        of bytes: [UInt8], _ body: (OpaquePointer?, WebPDemuxState) -> Result
    ) -> Result {
        bytes.withUnsafeBufferPointer { bytes in
            var data = WebPData(bytes: bytes.baseAddress, size: bytes.count)
            var state = WEBP_DEMUX_PARSE_ERROR
            let demuxer = WebPDemuxPartial(&data, &state)
            defer { WebPDemuxDelete(demuxer) }
            return body(demuxer, state)
        }
    }
}
