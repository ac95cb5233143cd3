import CSPNG

/// PNG through libspng. Transparency is dropped, not blended, as Pillow does.
enum PNGDecoder {
    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    static func decode(
        _ bytes: [UInt8], into buffer: PixelBuffer
    ) throws(DecodingFailure) -> PixelView {
        do throws(DecodingFailure) {
            return try decodeAll(bytes, into: buffer)
        } catch {
            // libspng takes no more than 1,000 texts, and some programs write more than that.
            guard error.isOfLimits, let pixels = try PNGChunks.withoutNotes(bytes) else {
                throw error
            }
            return try decodeAll(pixels, into: buffer)
        }
    }

    private static func decodeAll(
        _ bytes: [UInt8], into buffer: PixelBuffer
    ) throws(DecodingFailure) -> PixelView {
        guard let context = spng_ctx_new(0) else {
            throw DecodingFailure("cannot start libspng")
        }
        defer { spng_ctx_free(context) }
        // The context keeps the address, so the bytes stay in place to the end.
        let result = bytes.withUnsafeBytes { bytes -> Result<PixelView, DecodingFailure> in
            do throws(DecodingFailure) {
                return .success(try decode(bytes, with: context, into: buffer))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private static func decode(
        _ bytes: UnsafeRawBufferPointer, with context: OpaquePointer, into buffer: PixelBuffer
    ) throws(DecodingFailure) -> PixelView {
        // Text and profiles are skipped; nothing that matters here is larger.
        try check(spng_set_chunk_limits(context, 1 << 24, 1 << 26))
        try check(spng_set_png_buffer(context, bytes.baseAddress, bytes.count))
        var header = spng_ihdr()
        try check(spng_get_ihdr(context, &header))
        let (height, width) = (Int(header.height), Int(header.width))
        try DecodingFailure.checkSize(width: width, height: height)

        let isDeepGrey =
            header.bit_depth == 16 && header.color_type == SPNG_COLOR_TYPE_GRAYSCALE.rawValue
        let format = isDeepGrey ? SPNG_FMT_PNG : SPNG_FMT_RGB8
        var size = 0
        try check(spng_decoded_image_size(context, Int32(format.rawValue), &size))
        let count = height * width
        guard size == count * (isDeepGrey ? 2 : 3) else {
            throw DecodingFailure("it decodes to \(size) bytes for \(count) pixels")
        }
        let pixels = try room(count * 3, in: buffer)
        try check(spng_decode_image(context, pixels, size, Int32(format.rawValue), 0))
        if isDeepGrey { widenDeepGrey(pixels, count: count) }
        return PixelView(buffer, height: height, width: width, channels: 3)
    }

    private static func check(_ status: Int32) throws(DecodingFailure) {
        guard status != SPNG_EOF.rawValue && status != SPNG_IO_EOF.rawValue else {
            throw DecodingFailure("it is cut off")
        }
        guard status == 0 else {
            throw DecodingFailure(
                "it is damaged (\(String(cString: spng_strerror(status))))",
                isOfLimits: status == SPNG_ECHUNK_LIMITS.rawValue)
        }
    }

    /// Pillow clips 16-bit grey to 8 bits and does not scale it. Last pixel first, so that none is
    /// written over before it is read.
    private static func widenDeepGrey(_ pixels: UnsafeMutablePointer<UInt8>, count: Int) {
        for pixel in stride(from: count - 1, through: 0, by: -1) {
            let value = UnsafeRawPointer(pixels).loadUnaligned(
                fromByteOffset: 2 * pixel, as: UInt16.self)
            let grey = UInt8(clamping: value)
            for channel in 0..<3 { pixels[3 * pixel + channel] = grey }
        }
    }
}
