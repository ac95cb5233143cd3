import CSPNG

/// PNG through libspng. Transparency is dropped, not blended, as Pillow does.
enum PNGDecoder {
    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    static func decode(
        _ bytes: [UInt8], into target: Target
    ) throws(DecodingFailure) -> StoredImage {
        do throws(DecodingFailure) {
            return try decodeAll(bytes, into: target)
        } catch {
            // libspng takes no more than 1,000 texts, and some programs write more than that.
            guard error.isOfLimits, let pixels = try PNGChunks.withoutNotes(bytes) else {
                throw error
            }
            return try decodeAll(pixels, into: target)
        }
    }

    private static func decodeAll(
        _ bytes: [UInt8], into target: Target
    ) throws(DecodingFailure) -> StoredImage {
        guard let context = spng_ctx_new(0) else {
            throw DecodingFailure("cannot start libspng")
        }
        defer { spng_ctx_free(context) }
        // The context keeps the address, so the bytes stay in place to the end.
        let result = bytes.withUnsafeBytes { bytes -> Result<StoredImage, DecodingFailure> in
            do throws(DecodingFailure) {
                return .success(try decode(bytes, with: context, into: target))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private static func decode(
        _ bytes: UnsafeRawBufferPointer, with context: OpaquePointer, into target: Target
    ) throws(DecodingFailure) -> StoredImage {
        // Text and profiles are skipped; nothing that matters here is larger.
        try check(spng_set_chunk_limits(context, 1 << 24, 1 << 26))
        try check(spng_set_png_buffer(context, bytes.baseAddress, bytes.count))
        var header = spng_ihdr()
        try check(spng_get_ihdr(context, &header))
        let (height, width) = (Int(header.height), Int(header.width))
        try DecodingFailure.checkSize(width: width, height: height)

        let isGrey = header.color_type == SPNG_COLOR_TYPE_GRAYSCALE.rawValue
        let isDeep = isGrey && header.bit_depth == 16
        let (samples, bytesPerPixel, format): (StoredImage.Samples, Int, spng_format) =
            if isDeep {
                (.grey, 2, SPNG_FMT_PNG)
            } else if isGrey && target.channels == 1 {
                (.grey, 1, SPNG_FMT_G8)
            } else {
                (.rgb, 3, SPNG_FMT_RGB8)
            }
        var size = 0
        try check(spng_decoded_image_size(context, Int32(format.rawValue), &size))
        let count = height * width
        guard size == count * bytesPerPixel else {
            throw DecodingFailure("it decodes to \(size) bytes for \(count) pixels")
        }
        let pixels = try target.room(height: height, width: width, bytesPerPixel: bytesPerPixel)
        try check(spng_decode_image(context, pixels, size, Int32(format.rawValue), 0))
        if isDeep { narrow(pixels, count: count) }
        return StoredImage(height: height, width: width, samples: samples)
    }

    private static func check(_ status: Int32) throws(DecodingFailure) {
        guard status != SPNG_EOF.rawValue && status != SPNG_IO_EOF.rawValue else {
            throw .cutOff
        }
        guard status == 0 else {
            throw DecodingFailure(
                "it is damaged (\(String(cString: spng_strerror(status))))",
                isOfLimits: status == SPNG_ECHUNK_LIMITS.rawValue)
        }
    }

    /// Pillow clips 16-bit grey to 8 bits and does not scale it.
    private static func narrow(_ pixels: UnsafeMutablePointer<UInt8>, count: Int) {
        for pixel in 0..<count {
            let value = UnsafeRawPointer(pixels).loadUnaligned(
                fromByteOffset: 2 * pixel, as: UInt16.self)
            pixels[pixel] = UInt8(clamping: value)
        }
    }
}
