import Foundation

/// Numbers for people.
package enum Figures {
    /// With this many decimals; words for what is no number.
    package static func fixed(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "−∞" : "∞" }
        guard abs(value) < 1e12 else { return scientific(value) }
        let text = String(format: "%.\(decimals)f", abs(value))
        let isNegative = value < 0 && text.contains { ("1"..."9").contains($0) }
        return (isNegative ? "−" : "") + grouped(text)
    }

    /// With about four digits.
    package static func short(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return fixed(value, 0) }
        let size = abs(value)
        if size < 1e-3 || size >= 1e7 { return scientific(value) }
        return fixed(value, size < 1 ? 4 : size < 10 ? 3 : size < 100 ? 2 : size < 1000 ? 1 : 0)
    }

    package static func percent(_ value: Double?) -> String? { value.map { fixed($0, 2) + " %" } }

    package static func whole(_ value: Int) -> String { grouped(String(value)) }

    /// `32.9 MB`; powers of ten, as everywhere in the program.
    package static func bytes(_ count: Int) -> String {
        guard count >= 1000 else { return "\(count) B" }
        var value = Double(count)
        var unit = ""
        for next in ["kB", "MB", "GB", "TB", "PB"] where value >= 999.5 {
            value /= 1000
            unit = next
        }
        return fixed(value, value < 99.95 ? 1 : 0) + " " + unit
    }

    /// `45 s`, `12 min 5 s`, `3 h 20 min`, `4 d 2 h`.
    package static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, (0..<1e10).contains(seconds) else { return "unknown" }
        if seconds < 10 { return fixed(seconds, 1) + " s" }
        let whole = Int(seconds.rounded())
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        if whole < 172_800 { return "\(whole / 3600) h \(whole % 3600 / 60) min" }
        return "\(whole / 86_400) d \(whole % 86_400 / 3600) h"
    }

    /// `2026-11-30 20:13 UTC` of ISO 8601; any other text as it is.
    package static func moment(_ text: String) -> String {
        guard
            let match = text.wholeMatch(
                of: /(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d(?:\.\d+)?)?(Z|[+\-]\d\d:?\d\d)?/)
        else { return text }
        let zone = match.4.map { $0 == "Z" ? " UTC" : " " + $0 } ?? ""
        return "\(match.1) \(match.2)\(zone)"
    }

    private static func scientific(_ value: Double) -> String {
        let parts = String(format: "%.2e", abs(value)).split(separator: "e")
        guard parts.count == 2, let exponent = Int(parts[1]) else { return "\(value)" }
        let power = String(exponent).map { superscripts[$0] ?? $0 }
        return (value < 0 ? "−" : "") + parts[0] + "·10" + String(power)
    }

    private static let superscripts: [Character: Character] = [
        "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷",
        "8": "⁸", "9": "⁹", "-": "⁻",
    ]

    /// A comma between groups of three digits of the whole part.
    private static func grouped(_ text: String) -> String {
        let sign = text.hasPrefix("-") ? 1 : 0
        let whole = text.firstIndex(of: ".").map { text.distance(from: text.startIndex, to: $0) }
        let end = whole ?? text.count
        guard end - sign > 3 else { return text }
        var result = ""
        for (index, character) in text.enumerated() {
            if index > sign, index < end, (end - index) % 3 == 0 { result += "," }
            result.append(character)
        }
        return result
    }
}

/// A coordinate with at most one decimal: drawings hold thousands, and the system's formatting is slow.
package func coordinate(_ value: Double) -> String {
    guard !value.isNaN else { return "0" }
    let tenths = Int((min(max(value, -1e6), 1e6) * 10).rounded())
    let (whole, rest) = (abs(tenths) / 10, abs(tenths) % 10)
    return (tenths < 0 ? "-" : "") + String(whole) + (rest == 0 ? "" : "." + String(rest))
}

/// A place along an axis in percent, with two decimals.
package func share(_ position: Double) -> String {
    guard !position.isNaN else { return "0%" }
    let hundredths = Int((min(max(position, -10), 10) * 10_000).rounded())
    return hundredths % 100 == 0 ? "\(hundredths / 100)%" : "\(Double(hundredths) / 100)%"
}
