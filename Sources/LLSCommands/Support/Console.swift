import FileFormats
import Foundation
import Synchronization

/// Where talk goes: standard error, so that standard output holds results alone.
enum Console {
    private struct State {
        var speaksJSON = false
        var failure: FileError?
    }

    private static let state = Mutex(State())
    /// What stands at the bottom of the terminal, if anything does; held while standard error is written
    /// to.
    private static let liveLine = Mutex<String?>(nil)

    /// From now on standard error holds JSON objects alone, one a line: what would be a line of text
    /// is `{"event":"note","text":…}`.
    static func speakJSON() { state.withLock { $0.speaksJSON = true } }

    private static var speaksJSON: Bool { state.withLock(\.speaksJSON) }

    /// The first failure to write a result. The program goes on, and ends with this error.
    ///
    /// If the reader of a pipe has left, that is not one: what it wanted it has, and the exit status
    /// still says how the work went.
    static var failure: FileError? { state.withLock(\.failure) }

    // MARK: - The terminal

    /// Whether standard error is a terminal that can redraw a line.
    static var redraws: Bool {
        isatty(STDERR_FILENO) == 1 && Environment.variables["TERM"] != "dumb" && !speaksJSON
    }

    static var hasColour: Bool { redraws && Environment.variables["NO_COLOR"] == nil }

    /// Columns of the terminal, from `COLUMNS` or the terminal itself.
    static var columns: Int {
        if let text = Environment.variables["COLUMNS"], let value = Int(text), value > 0 {
            return value
        }
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    // MARK: - Talk

    private struct Note: Encodable {
        let event = "note"
        let text: String
    }

    private struct Complaint: Encodable {
        let event = "error"
        let text: String
        let status: Int32
    }

    /// A line, or several, for people.
    static func note(_ line: String) {
        guard speaksJSON else { return talk(line.withoutControls + "\n") }
        event(Note(text: line))
    }

    /// Why the program ends with this status, in at most three lines.
    static func error(_ text: String, status: Int32) {
        var lines = text.split(separator: "\n").map(String.init)
        if lines.count > 3 { lines[2...] = [lines[2...].joined(separator: "; ")] }
        guard speaksJSON else {
            return talk("error: " + lines.joined(separator: "\n  ").withoutControls + "\n")
        }
        event(Complaint(text: lines.joined(separator: "\n"), status: status))
    }

    /// One JSON object on a line, for programs that follow a run.
    static func event(_ value: some Encodable) {
        if let line = try? json(value) { talk(line + "\n") }
    }

    /// Shows a line at the bottom of the terminal, in place of the one that stood there, no longer than
    /// the terminal is wide; empty to take it away. Other lines go above it.
    static func redraw(_ line: String) {
        guard !speaksJSON else { return }
        let shown = String(line.withoutControls.prefix(columns - 1))
        liveLine.withLock { live in
            guard live ?? "" != shown else { return }
            live = shown.isEmpty ? nil : shown
            write(eraseLine + shown)
        }
    }

    /// Lines above the live one, which is gone until it is drawn again.
    private static func talk(_ text: String) {
        liveLine.withLock { live in
            write((live == nil ? "" : eraseLine) + text)
            live = nil
        }
    }

    private static let eraseLine = "\r\u{1B}[2K"

    /// Nobody can be told that standard error fails.
    private static func write(_ text: String) { _ = write(Array(text.utf8), to: STDERR_FILENO) }

    // MARK: - Results

    /// A line on standard output. Names of files in it are written byte for byte.
    static func result(_ line: String) {
        redraw("")
        let code = write(line.pathBytes + [UInt8(ascii: "\n")], to: STDOUT_FILENO)
        guard code != 0, code != EPIPE else { return }
        state.withLock { state in
            if state.failure == nil {
                state.failure = FileError(
                    path: "standard output", operation: "write",
                    reason: String(cString: strerror(code)), category: .inputOutput)
            }
        }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
        bytes.withUnsafeBytes { FileCalls.system.writeAll(descriptor, $0) }
    }
}

/// A value as one line of JSON with stable key order.
///
/// Bytes of names that are not UTF-8 are carried by private-use scalars; they are written as `\u`
/// escapes, so that ``Console/result(_:)`` leaves them as they are.
func json(_ value: some Encodable) throws -> String {
    let line = try JSONText.line(value)
    guard line.unicodeScalars.contains(where: { $0.value >= 0x100000 }) else { return line }
    return line.unicodeScalars.map { scalar in
        guard scalar.value >= 0x100000 else { return String(scalar) }
        return UTF16.encode(scalar)?.map { "\\u" + String($0, radix: 16) }.joined() ?? ""
    }.joined()
}

extension Double {
    /// With this many decimals, in no locale.
    func fixed(_ decimals: Int) -> String { String(format: "%.\(decimals)f", self) }
}

/// Bytes for people: `12.3 MB`.
func megabytes(_ bytes: Int) -> String { (Double(bytes) / 1e6).fixed(1) + " MB" }
