import CTurboJPEG

/// JPEG through libjpeg-turbo, with the choices that Pillow leaves at libjpeg's defaults: the
/// accurate inverse DCT and smooth upsampling of colour.
final class JPEGDecoder {
    static let signature: [UInt8] = [0xFF, 0xD8, 0xFF]

    private var handle = tjInitDecompress()

    deinit { if let handle { tjDestroy(handle) } }

    func decode(_ bytes: [UInt8], into buffer: PixelBuffer) throws(DecodingFailure) -> PixelView {
        guard let handle else { throw DecodingFailure("cannot start libjpeg-turbo") }
        do throws(DecodingFailure) {
            return try decode(bytes, with: handle, into: buffer)
        } catch {
            // A handle that met a damaged header takes the next image for the rest of that one.
            tjDestroy(handle)
            self.handle = tjInitDecompress()
            throw error
        }
    }

    private func decode(
        _ bytes: [UInt8], with handle: tjhandle, into buffer: PixelBuffer
    ) throws(DecodingFailure) -> PixelView {
        var (width, height, subsampling, space) = (Int32(0), Int32(0), Int32(-1), Int32(-1))
        let status = tjDecompressHeader3(
            handle, bytes, UInt(bytes.count), &width, &height, &subsampling, &space)
        // It also fails on rare subsamplings that it decodes all the same: only without a size is
        // there nothing to be decoded.
        guard status == 0 || (width > 0 && height > 0 && space >= 0) else {
            throw DecodingFailure("its header is damaged (\(message(of: handle)))")
        }
        let (rows, columns) = (Int(height), Int(width))
        try DecodingFailure.checkSize(width: columns, height: rows)

        let isCMYK = space == TJCS_CMYK.rawValue || space == TJCS_YCCK.rawValue
        let channels = isCMYK ? 4 : 3
        let pixels = try room(rows * columns * channels, in: buffer)
        let format = isCMYK ? TJPF_CMYK : TJPF_RGB
        let decoded = tjDecompress2(
            handle, bytes, UInt(bytes.count), pixels, width, width * Int32(channels), height,
            format.rawValue, TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS)
        if decoded != 0 { try judge(handle, bytes) }
        if isCMYK { convertCMYK(pixels, count: rows * columns) }
        return PixelView(buffer, height: rows, width: columns, channels: 3)
    }

    /// A warning about bytes that are one too many is no harm, and Pillow says nothing of it; any
    /// other means pixels that are not the image's.
    private func judge(_ handle: tjhandle, _ bytes: [UInt8]) throws(DecodingFailure) {
        let reason = message(of: handle)
        // Only the first warning is kept, so a file that is also cut off must be told otherwise.
        let endOfImage: [UInt8] = [0xFF, 0xD9]
        guard tjGetErrorCode(handle) == TJERR_WARNING.rawValue, reason.contains("extraneous"),
            zip(bytes, bytes.dropFirst()).contains(where: { [$0, $1] == endOfImage })
        else {
            throw DecodingFailure(
                reason.contains("Premature end of JPEG file")
                    ? "it is cut off" : "it is damaged (\(reason))")
        }
    }

    private func message(of handle: tjhandle) -> String {
        tjGetErrorStr2(handle).map { String(cString: $0) } ?? "unknown error"
    }

    /// Pillow's conversion, which takes all CMYK files to be inverted, as Adobe writes them.
    private func convertCMYK(_ pixels: UnsafeMutablePointer<UInt8>, count: Int) {
        for pixel in 0..<count {
            let black = Int(pixels[4 * pixel + 3])
            for channel in 0..<3 {
                // Rounded product of two bytes over 255.
                let product = (255 - Int(pixels[4 * pixel + channel])) * black + 128
                let ink = ((product >> 8) + product) >> 8
                pixels[3 * pixel + channel] = UInt8(max(0, black - ink))
            }
        }
    }
}
