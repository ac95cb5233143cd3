extension BMPDecoder {
    /// Runs of equal pixels and stretches of others, in the order in which Pillow fills an image with
    /// them: one pixel after another, whatever row they were meant for.
    static func expandRuns(
        _ bytes: [UInt8], _ header: BMPHeader, into pixels: UnsafeMutablePointer<UInt8>
    ) throws(DecodingFailure) {
        let (height, width, isOf4Bits) = (header.height, header.width, header.bits == 4)
        let total = height * width
        var (position, done, x) = (header.start, 0, 0)
        func next() throws(DecodingFailure) -> UInt8 {
            guard position < bytes.count else { throw .cutOff }
            defer { position += 1 }
            return bytes[position]
        }
        func put(_ value: UInt8) {
            guard done < total else { return }
            let row = header.isTopDown ? done / width : height - 1 - done / width
            pixels[row * width + done % width] = value
            done += 1
        }
        func leaveOut(_ count: Int) {
            let end = min(done + count, total)
            while done < end {
                let part = min(end - done, width - done % width)
                let row = header.isTopDown ? done / width : height - 1 - done / width
                (pixels + row * width + done % width).update(repeating: 0, count: part)
                done += part
            }
        }
        while done < total {
            let (count, value) = (Int(try next()), try next())
            if count > 0 {
                let used = min(count, max(0, width - x))
                for index in 0..<used {
                    put(isOf4Bits ? (index % 2 == 0 ? value >> 4 : value & 15) : value)
                }
                x += used
                continue
            }
            switch value {
            case 0:  // the end of a row
                if done % width != 0 { leaveOut(width - done % width) }
                x = 0
            case 1:  // the end of the image
                throw DecodingFailure("it is damaged (it ends after \(done) of \(total) pixels)")
            case 2:  // pixels that are left out
                let right = Int(try next())
                leaveOut(right + Int(try next()) * width)
                x = done % width
            default:
                let used = min(total - done, Int(value))
                for index in stride(from: 0, to: used, by: isOf4Bits ? 2 : 1) {
                    let byte = try next()
                    put(isOf4Bits ? byte >> 4 : byte)
                    if isOf4Bits && index + 1 < used { put(byte & 15) }
                }
                x += Int(value)
                position += position % 2
            }
        }
    }
}
