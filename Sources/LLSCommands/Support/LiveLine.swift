import Foundation
import Synchronization

/// A line at the bottom of the terminal that a thread of its own draws anew ten times a second, so that it
/// is there at once and moves while a step, a compilation or a file takes long. Off a terminal it does
/// nothing.
final class LiveLine: Sendable {
    private let isOver = Mutex(false)

    /// - Parameter text: what it shows now; called on the line's own thread.
    init(_ text: @escaping @Sendable () -> String) {
        guard Console.redraws else { return }
        Console.redraw(text())
        let thread = Thread { [weak self] in
            while true {
                Thread.sleep(forTimeInterval: 0.1)
                // Under the lock, so that nothing is drawn after the end.
                let goesOn = self?.isOver.withLock { isOver in
                    if !isOver { Console.redraw(text()) }
                    return !isOver
                }
                guard goesOn == true else { return }
            }
        }
        thread.name = "live line"
        thread.start()
    }

    deinit { end() }

    /// Takes the line away.
    func end() {
        isOver.withLock { isOver in
            guard !isOver else { return }
            isOver = true
            if Console.redraws { Console.redraw("") }
        }
    }
}

/// Work besides training, as a live line shows it.
enum Activity {
    /// How far some work is, from any thread.
    final class Counter: Sendable {
        private let state = Mutex((done: 0, total: 0))

        /// So many of so many; a total of 0 if that is not known.
        func set(_ done: Int, of total: Int) { state.withLock { $0 = (done, total) } }

        fileprivate var text: String {
            let (done, total) = state.withLock { $0 }
            return total > 0 ? "  \(done)/\(total)" : done > 0 ? "  \(done)" : ""
        }
    }

    /// Does some work, and says so meanwhile on a terminal: its name, how far it is, and its seconds.
    static func show<Result>(
        _ name: String, _ work: (Counter) throws -> Result
    ) rethrows -> Result {
        let counter = Counter()
        let start = ContinuousClock.now
        let line = LiveLine {
            let seconds = Int((ContinuousClock.now - start) / .seconds(1))
            return name + counter.text + (seconds > 0 ? "  \(seconds) s" : "")
        }
        defer { line.end() }
        return try work(counter)
    }
}
