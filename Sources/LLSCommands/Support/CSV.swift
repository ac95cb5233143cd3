/// Rows of comma-separated values, quoted as RFC 4180 says; lines end with `\n` alone.
enum CSV {
    static func row(_ fields: [String]) -> String { fields.map(field).joined(separator: ",") }

    private static func field(_ text: String) -> String {
        let needsQuotes = text.utf8.contains {
            [UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: "\r"), UInt8(ascii: "\n")]
                .contains($0)
        }
        return needsQuotes ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
    }
}
