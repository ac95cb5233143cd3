import CTurboJPEG

/// JPEG through libjpeg-turbo, with the choices that Pillow leaves at libjpeg's defaults: the
/// accurate inverse DCT and smooth upsampling of colour.
final class JPEGDecoder {
    private var handle = tjInitDecompress()

    deinit { if let handle { tjDestroy(handle) } }

    func decode(_ bytes: [UInt8], into target: Target) throws(DecodingFailure) -> StoredImage {
        guard let handle else { throw DecodingFailure("cannot start libjpeg-turbo") }
        do throws(DecodingFailure) {
            return try decode(bytes, with: handle, into: target)
        } catch {
            // A handle that met a damaged header takes the next image for the rest of that one.
            tjDestroy(handle)
            self.handle = tjInitDecompress()
            throw error
        }
    }

    private func decode(
        _ bytes: [UInt8], with handle: tjhandle, into target: Target
    ) throws(DecodingFailure) -> StoredImage {
        var (width, height, subsampling, space) = (Int32(0), Int32(0), Int32(-1), Int32(-1))
        let status = tjDecompressHeader3(
            handle, bytes, UInt(bytes.count), &width, &height, &subsampling, &space)
        // It also fails on rare subsamplings that it decodes all the same: only without a size is
        // there nothing to be decoded.
        guard status == 0 || (width > 0 && height > 0 && space >= 0) else {
            throw DecodingFailure("its header is damaged (\(message(of: handle)))")
        }
        let (samples, bytesPerPixel, format): (StoredImage.Samples, Int, TJPF) =
            switch TJCS(rawValue: UInt32(bitPattern: space)) {
            // Pillow's conversion takes all CMYK files to be inverted, as Adobe writes them.
            case TJCS_CMYK, TJCS_YCCK: (.cmyk(isInverted: true), 4, TJPF_CMYK)
            case TJCS_GRAY where target.channels == 1: (.grey, 1, TJPF_GRAY)
            default: (.rgb, 3, TJPF_RGB)
            }
        let pixels = try target.room(
            height: Int(height), width: Int(width), bytesPerPixel: bytesPerPixel)
        let decoded = tjDecompress2(
            handle, bytes, UInt(bytes.count), pixels, width, width * Int32(bytesPerPixel), height,
            format.rawValue, TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS)
        if decoded != 0 { try judge(handle, bytes) }
        return StoredImage(height: Int(height), width: Int(width), samples: samples)
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
}
