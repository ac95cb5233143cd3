/// Antialiased bilinear resizing, byte for byte that of Pillow's `Image.resize(size, BILINEAR)`:
/// weights in 22-bit fixed point, rows first, rounded to bytes between the two passes.
///
/// A resizer reuses its memory and belongs to one thread.
public final class Resizer {
    private let across = PixelBuffer()
    private let result = PixelBuffer()
    private var sums: [Int32] = []

    public init() {}

    /// The image at another size, valid until the next call, which must not be given this result;
    /// the image itself where it has that size. Throws ``PixelMemoryError``.
    public func resize(
        _ image: PixelView, height: Int, width: Int
    ) throws(PixelMemoryError) -> PixelView {
        precondition(height > 0 && width > 0, "resized to \(height) × \(width)")
        var image = image
        if width != image.width { image = try resizeRows(image, width: width) }
        if height != image.height { image = try resizeColumns(image, height: height) }
        return image
    }

    private func resizeRows(
        _ image: PixelView, width: Int
    ) throws(PixelMemoryError) -> PixelView {
        let channels = image.channels
        let output = try across.reserve(image.height * width * channels)
        TriangleFilter(from: image.width, to: width).withTaps { taps in
            for y in 0..<image.height {
                let row = image.base + y * image.stride
                var target = output + y * width * channels
                for x in 0..<width {
                    let (first, weights) = taps(x)
                    // A sum for each channel of a photograph; others are taken one by one.
                    if channels == 3 {
                        var source = row + first * 3
                        var red = TriangleFilter.half
                        var (green, blue) = (red, red)
                        for weight in weights {
                            red &+= Int32(source[0]) &* weight
                            green &+= Int32(source[1]) &* weight
                            blue &+= Int32(source[2]) &* weight
                            source += 3
                        }
                        target[0] = TriangleFilter.byte(red)
                        target[1] = TriangleFilter.byte(green)
                        target[2] = TriangleFilter.byte(blue)
                    } else {
                        for channel in 0..<channels {
                            var sum = TriangleFilter.half
                            for (tap, weight) in weights.enumerated() {
                                sum &+= Int32(row[(first + tap) * channels + channel]) &* weight
                            }
                            target[channel] = TriangleFilter.byte(sum)
                        }
                    }
                    target += channels
                }
            }
        }
        return PixelView(across, height: image.height, width: width, channels: channels)
    }

    private func resizeColumns(
        _ image: PixelView, height: Int
    ) throws(PixelMemoryError) -> PixelView {
        let length = image.width * image.channels
        let output = try result.reserve(height * length)
        if sums.count < length { sums = [Int32](repeating: 0, count: length) }
        sums.withUnsafeMutableBufferPointer { sums in
            TriangleFilter(from: image.height, to: height).withTaps { taps in
                for y in 0..<height {
                    let (first, weights) = taps(y)
                    for x in 0..<length { sums[x] = TriangleFilter.half }
                    var source = image.base + first * image.stride
                    for weight in weights {
                        for x in 0..<length { sums[x] &+= Int32(source[x]) &* weight }
                        source += image.stride
                    }
                    let target = output + y * length
                    for x in 0..<length { target[x] = TriangleFilter.byte(sums[x]) }
                }
            }
        }
        return PixelView(result, height: height, width: image.width, channels: image.channels)
    }
}

/// The pixels of a line that each pixel of a shorter or longer one is made of, and their weights.
private struct TriangleFilter {
    static let fractionBits: Int32 = 22
    static let half: Int32 = 1 << (fractionBits - 1)

    /// The first source pixel of each output pixel.
    private let first: [Int]
    private let counts: [Int]
    private let taps: Int
    private let weights: [Int32]

    /// Pillow's `precompute_coeffs` and `normalize_coeffs_8bpc`, operation for operation.
    init(from sourceLength: Int, to length: Int) {
        let scale = Double(sourceLength) / Double(length)
        let support = max(scale, 1)
        let taps = Int(support.rounded(.up)) * 2 + 1
        var first: [Int] = []
        var counts: [Int] = []
        var fixed = [Int32](repeating: 0, count: length * taps)
        var weights = [Double](repeating: 0, count: taps)
        for x in 0..<length {
            let center = (Double(x) + 0.5) * scale
            let start = max(0, Int(center - support + 0.5))
            let count = min(sourceLength, Int(center + support + 0.5)) - start
            var total = 0.0
            for tap in 0..<count {
                let distance = abs((Double(tap + start) - center + 0.5) * (1 / support))
                weights[tap] = distance < 1 ? 1 - distance : 0
                total += weights[tap]
            }
            for tap in 0..<count {
                let weight = total == 0 ? weights[tap] : weights[tap] / total
                fixed[x * taps + tap] = Int32(0.5 + weight * Double(1 << Self.fractionBits))
            }
            first.append(start)
            counts.append(count)
        }
        self.first = first
        self.counts = counts
        self.taps = taps
        self.weights = fixed
    }

    /// Lends a function that tells where an output pixel's source begins, and its weights.
    func withTaps(_ body: ((Int) -> (Int, UnsafeBufferPointer<Int32>)) -> Void) {
        weights.withUnsafeBufferPointer { weights in
            body { x in
                let start = x * taps
                let used = weights[start..<(start + counts[x])]
                return (first[x], UnsafeBufferPointer(rebasing: used))
            }
        }
    }

    static func byte(_ sum: Int32) -> UInt8 { UInt8(clamping: sum >> fractionBits) }
}
