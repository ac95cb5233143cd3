/// How wide text is in a terminal, so that columns stand below each other.
extension String {
    /// Columns that a terminal needs: none for accents on the letter before, two for Chinese,
    /// Japanese and Korean characters and for emoji.
    var columns: Int {
        reduce(0) { $0 + ($1.unicodeScalars.map(\.columns).max() ?? 0) }
    }

    /// With spaces behind it, up to this many columns; longer text stays whole.
    func padded(toColumns columns: Int) -> String {
        self + String(repeating: " ", count: max(0, columns - self.columns))
    }

    /// With spaces before it.
    func indented(toColumns columns: Int) -> String {
        String(repeating: " ", count: max(0, columns - self.columns)) + self
    }
}

extension Unicode.Scalar {
    fileprivate var columns: Int {
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: break
        }
        if properties.isEmojiPresentation { return 2 }
        let isWide = Self.wide.contains { $0.contains(value) }
        return isWide ? 2 : 1
    }

    /// Blocks of wide characters of Unicode's annex 11.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3,
        0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
        0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD,
    ]
}
