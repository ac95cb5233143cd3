import Runs

/// The first layer's weights, a picture each.
struct FilterSheet {
    private let layer: String
    private let channels: Int
    private let bitmaps: [Bitmap]
    private let left: Int

    private static let mostFilters = 128
    private static let mostPixels = 1 << 16

    /// Nil unless the values are kernels of the size that is claimed.
    init?(_ filters: RunEvaluation.Filters) {
        let sides = 1...64
        guard sides.contains(filters.height), sides.contains(filters.width),
            (1...4096).contains(filters.channels), !filters.values.isEmpty
        else { return nil }
        let area = filters.height * filters.width
        let size = area * filters.channels
        guard filters.values.allSatisfy({ $0.count == size }) else { return nil }
        layer = filters.layer
        channels = filters.channels
        let shown = filters.values.prefix(
            min(Self.mostFilters, max(1, Self.mostPixels / area)))
        left = filters.values.count - shown.count
        bitmaps = shown.map { values in
            Bitmap(
                width: filters.width, height: filters.height,
                pixels: Self.pixels(values, channels: filters.channels))
        }
    }

    /// Three channels are red, green and blue around grey; others are their mean, blue below zero and orange
    /// above. The largest weight of a filter has full colour.
    private static func pixels(
        _ values: [Float], channels: Int
    ) -> [(red: Float, green: Float, blue: Float)] {
        let values = values.map { $0.isFinite ? min(max($0, -1e30), 1e30) : 0 }
        let starts = stride(from: 0, to: values.count, by: channels)
        if channels == 3 {
            let largest = max(values.map(abs).max() ?? 0, 1e-30)
            return starts.map { start in
                let part = values[start..<start + 3].map { 0.5 + 0.5 * $0 / largest }
                return (part[0], part[1], part[2])
            }
        }
        let means = starts.map { start in
            values[start..<start + channels].reduce(0) { $0 + $1 / Float(channels) }
        }
        let largest = max(means.map(abs).max() ?? 0, 1e-30)
        return means.map { mean in
            let strength = abs(mean) / largest
            let end: (Float, Float, Float) =
                mean < 0 ? (0.03, 0.30, 0.55) : (0.80, 0.33, 0.02)
            func mixed(_ end: Float) -> Float { 0.96 + (end - 0.96) * strength }
            return (mixed(end.0), mixed(end.1), mixed(end.2))
        }
    }

    var html: String {
        let images = bitmaps.enumerated().map { index, bitmap in
            "<img src=\"\(bitmap.dataURI)\" alt=\"filter \(index + 1)\" loading=\"lazy\">\n"
        }
        let meaning =
            channels == 3
            ? "Red, green and blue are the weights of the three channels; grey is zero."
            : "Orange weights are positive, blue ones negative, white ones zero."
        let more = left > 0 ? " \(left) more are not shown." : ""
        return """
            <p class="aside">The kernels of <code>\(layer.escaped())</code>. \(meaning) Each has a \
            scale of its own.\(more)</p>
            <div class="filters">
            \(images.joined())</div>

            """
    }
}
