import Foundation

/// Where the values of an axis lie, from 0 to 1, and at which round numbers it has ticks.
package struct Scale: Equatable {
    package let lower, upper: Double
    package let ticks: [Double]
    /// Between neighbouring ticks; 0 if the scale is logarithmic.
    package let step: Double
    package let isLogarithmic: Bool

    /// Numbers beyond this are drawn as if they were infinite: no curve needs them.
    static let greatest = 1e30

    package static func holds(_ value: Double) -> Bool { abs(value) <= greatest }

    /// A scale from the tick below all values to the tick above them.
    ///
    /// - Parameters:
    ///   - ticks: about how many.
    ///   - least: the smallest step, 1 for counts.
    ///   - expands: whether the ends are moved out to ticks.
    package init(
        covering values: [Double], ticks count: Int = 5, least: Double = 0, expands: Bool = true
    ) {
        let values = values.filter(Self.holds)
        var low = values.min() ?? 0
        var high = values.max() ?? 1
        if high - low <= max(abs(high), abs(low)) * 1e-9 {
            // One value: it lies in the middle, or on 0.
            let margin = max(least, high == 0 ? 1 : abs(high) * 0.5)
            (low, high) =
                low >= 0 ? (max(0, low - margin), high + margin) : (low - margin, high + margin)
        }
        let step = max(least, Self.roundStep((high - low) / Double(max(1, count))))
        if expands {
            low = (low / step + 1e-9).rounded(.down) * step
            high = (high / step - 1e-9).rounded(.up) * step
        }
        let first = Int((low / step - 1e-9).rounded(.up))
        let last = Int((high / step + 1e-9).rounded(.down))
        ticks = first > last ? [] : (first...min(last, first + 100)).map { Double($0) * step }
        self.step = step
        lower = low
        upper = high
        isLogarithmic = false
    }

    /// Powers of ten, where positive values span more than two of them; nil otherwise.
    package init?(logarithmic values: [Double]) {
        let values = values.filter { Self.holds($0) && $0 > 0 }
        guard let low = values.min(), let high = values.max(), high > low * 100,
            low >= 1e-30
        else { return nil }
        let first = Int((log10(low) + 1e-9).rounded(.down))
        let last = Int((log10(high) - 1e-9).rounded(.up))
        let stride = max(1, (last - first + 5) / 6)
        ticks = Swift.stride(from: first, through: last, by: stride).map { pow(10, Double($0)) }
        lower = pow(10, Double(first))
        upper = pow(10, Double(last))
        step = 0
        isLogarithmic = true
    }

    /// 1, 2, 2.5 or 5 times a power of ten, at least as large as `rough`.
    static func roundStep(_ rough: Double) -> Double {
        guard rough > 0, rough.isFinite else { return 1 }
        let power = pow(10, log10(rough).rounded(.down))
        let factors = [1, 2, 2.5, 5, 10]
        return power * (factors.first { $0 * power >= rough * (1 - 1e-9) } ?? 10)
    }

    /// 0 for the lower end, 1 for the upper.
    package func position(_ value: Double) -> Double {
        if isLogarithmic {
            let value = max(value, lower)
            return (log10(value) - log10(lower)) / (log10(upper) - log10(lower))
        }
        return (value - lower) / (upper - lower)
    }

    /// The text of a tick: as many decimals as the step needs, the same for all.
    package func label(_ tick: Double) -> String {
        if isLogarithmic || step == 0 { return Figures.compact(tick) }
        if max(abs(upper), abs(lower)) >= 1e6 || step < 1e-4 { return Figures.compact(tick) }
        var decimals = 0
        var rest = step
        while decimals < 6, abs(rest - rest.rounded()) > 1e-6 * rest {
            rest *= 10
            decimals += 1
        }
        return Figures.fixed(tick, decimals)
    }
}

extension Figures {
    /// As few characters as tell the number: `0.01`, `2.5M`, `1·10⁻⁶`.
    package static func compact(_ value: Double) -> String {
        guard value != 0 else { return "0" }
        let size = abs(value)
        if (1e6..<1e9).contains(size) { return trimmed(value / 1e6) + "M" }
        if (1e-4..<1e6).contains(size) { return trimmed(value) }
        return short(value).replacing(".00·", with: "·").replacing(/^1·/, with: "")
    }

    private static func trimmed(_ value: Double) -> String {
        let text = fixed(value, abs(value) < 1 ? 4 : 2)
        guard text.contains(".") else { return text }
        return String(text.reversed().drop { $0 == "0" }.drop { $0 == "." }.reversed())
    }
}
