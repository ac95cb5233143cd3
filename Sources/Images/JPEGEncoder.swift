import CTurboJPEG

/// JPEG from pixels, through libjpeg-turbo.
public enum JPEGEncoder {
    /// A baseline JPEG with colour at half the resolution, as Pillow writes it.
    ///
    /// - Parameters:
    ///   - pixels: `[height, width, 3]`, red first, or `[height, width, 1]`, grey; neither side longer
    ///     than 65,500, which is libjpeg's limit.
    ///   - quality: 1...100, as of libjpeg; others are taken for the nearest.
    ///
    /// Throws ``ImageError`` if libjpeg-turbo refuses the size, or there is no memory.
    public static func encode(
        _ pixels: PixelView, quality: Int = 90
    ) throws(ImageError) -> [UInt8] {
        precondition(pixels.channels == 3 || pixels.channels == 1, "\(pixels.channels) channels")
        let (isGrey, limit) = (pixels.channels == 1, 65_500)
        guard (1...limit).contains(pixels.height), (1...limit).contains(pixels.width) else {
            throw failure(
                "\(pixels.width) × \(pixels.height) pixels are not between 1 and \(limit) a side")
        }
        guard let handle = tjInitCompress() else { throw failure("cannot start libjpeg-turbo") }
        defer { tjDestroy(handle) }
        var (memory, count): (UnsafeMutablePointer<UInt8>?, UInt) = (nil, 0)
        defer { tjFree(memory) }
        let status = pixels.withBase { base in
            tjCompress2(
                handle, base, Int32(pixels.width), Int32(pixels.stride), Int32(pixels.height),
                (isGrey ? TJPF_GRAY : TJPF_RGB).rawValue, &memory, &count,
                Int32((isGrey ? TJSAMP_GRAY : TJSAMP_420).rawValue),
                Int32(min(max(quality, 1), 100)),
                TJFLAG_ACCURATEDCT)
        }
        guard status == 0, let memory else {
            throw failure(
                tjGetErrorStr2(handle).map { String(cString: $0) } ?? "unknown error")
        }
        return Array(UnsafeBufferPointer(start: memory, count: Int(count)))
    }

    /// No file is concerned yet: who writes the bytes knows where they were to go.
    private static func failure(_ reason: String) -> ImageError {
        ImageError(path: "a new JPEG", reason: "it cannot be encoded (\(reason))")
    }
}
