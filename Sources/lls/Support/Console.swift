import Foundation

/// Where talk goes: standard error, so that standard output holds results alone.
enum Console {
    /// Whether standard error is a terminal that can redraw a line.
    static let redraws: Bool =
        isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"

    static let hasColour: Bool =
        redraws && ProcessInfo.processInfo.environment["NO_COLOR", default: ""].isEmpty

    /// Columns of the terminal, from `COLUMNS` or the terminal itself.
    static var columns: Int {
        if let text = ProcessInfo.processInfo.environment["COLUMNS"], let value = Int(text),
            value > 0
        {
            return value
        }
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    static func note(_ line: String) { write(line + "\n", to: FileHandle.standardError) }
    static func redraw(_ line: String) {
        write("\r\u{1B}[2K" + line, to: FileHandle.standardError)
    }
    static func result(_ line: String) { write(line + "\n", to: FileHandle.standardOutput) }

    /// A closed pipe at the other end is no error of ours.
    private static func write(_ text: String, to handle: FileHandle) {
        try? handle.write(contentsOf: Data(text.utf8))
    }
}

/// A value as one line of JSON with stable key order.
func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}

extension Double {
    /// With this many decimals, in no locale.
    func fixed(_ decimals: Int) -> String { String(format: "%.\(decimals)f", self) }
}

/// Bytes for people: `12.3 MB`.
func megabytes(_ bytes: Int) -> String { (Double(bytes) / 1e6).fixed(1) + " MB" }
