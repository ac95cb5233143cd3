import Downloads
import Foundation

/// Shows how a data set comes in: a bar on a terminal, a line now and then elsewhere.
final class DownloadReporter {
    private let style: ProgressStyle
    private var lastShown = Date.distantPast
    /// When the file began to come, and how much of it there was then.
    private var began: (date: Date, bytes: Int)?

    init(_ style: ProgressStyle) {
        self.style = style == .auto ? (Console.redraws ? .bar : .plain) : style
    }

    func show(_ event: DatasetEvent) {
        guard style != .none else { return }
        switch event {
        case .present(let part): note("\(part.unpacksTo ?? part.file.name) is there")
        case .finished(let part): note("\(part.unpacksTo ?? part.file.name) is complete")
        case .unpacking(let part, let files, let bytes):
            step("unpacking \(part.file.name): \(files) files, \(megabytes(bytes))", share: nil)
        case .download(let part, let event): show(part.file, event)
        }
    }

    /// Takes the bar away, so that an error has a line of its own.
    func clear() { if style == .bar { Console.redraw("") } }

    private func show(_ file: RemoteFile, _ event: DownloadEvent) {
        switch event {
        case .waiting: note("waiting for another process that downloads into this folder")
        case .failed(let address, let reason, let goesOn):
            note("\(address): \(reason)" + (goesOn ? "; requesting the rest" : ""))
        case .progress(let bytes):
            let now = Date()
            let start = began ?? (now, bytes)
            began = bytes >= file.byteCount ? nil : start
            let seconds = now.timeIntervalSince(start.date)
            let rate = seconds > 0 ? Double(bytes - start.bytes) / seconds : 0
            step(
                "\(file.name)  \(megabytes(bytes)) of \(megabytes(file.byteCount))"
                    + "  \((rate / 1e6).fixed(1)) MB/s",
                share: Double(bytes) / Double(file.byteCount))
        }
    }

    /// At most ten redraws a second, or a line every half minute.
    private func step(_ text: String, share: Double?) {
        guard Date().timeIntervalSince(lastShown) > (style == .bar ? 0.1 : 30) else { return }
        lastShown = Date()
        guard style == .bar else { return Console.note(text) }
        let width = min(40, Console.columns - text.count - 3)
        guard let share, width > 4 else {
            return Console.redraw(String(text.prefix(Console.columns - 1)))
        }
        let full = min(width, max(0, Int(share * Double(width))))
        Console.redraw(
            text + "  " + String(repeating: "━", count: full)
                + String(repeating: "╌", count: width - full))
    }

    private func note(_ text: String) {
        clear()
        Console.note(text)
    }
}
