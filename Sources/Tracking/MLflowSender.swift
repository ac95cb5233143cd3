import FileFormats
import Foundation
import Runs
import Synchronization

/// Sends a run's measurements to a server while the run trains, on a thread of its own: whatever the server
/// does, no step waits for it.
package final class MLflowSender: Sendable {
    private struct State {
        /// How the run ended, once it has.
        var end: MLflowStatus?
        /// Why the first attempt that failed did, until somebody asks.
        var complaint: String?
        var hasComplained = false
        var isComplete = false
        /// Nil until the first one.
        var lastAnswer: ContinuousClock.Instant?
    }

    private let state = Mutex(State())
    // One that is released with less than it began with is a crash, so they begin with 0.
    private let work = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let cancellation = Cancellation()
    package let address: String

    /// How long the end of a run waits for a server, for the next answer of one that has answered, and for
    /// the first answer.
    private static let longestEnd = Duration.seconds(10)
    private static let longestSilence = Duration.seconds(5)
    private static let longestFirstSilence = Duration.seconds(2)

    /// Starts the thread.
    package init(
        _ folder: RunFolder, _ configuration: RunConfiguration, _ server: MLflowServer,
        _ ledger: TrackingLedger
    ) {
        address = server.address
        work.signal()
        Thread.detachNewThread { [self] in run(folder, configuration, server, ledger) }
    }

    /// Says that there are new records in the run's folder.
    package func wake() { work.signal() }

    /// Why sending failed the first time, asked for the first time.
    package func takeComplaint() -> String? {
        state.withLock { state in
            defer { state.complaint = nil }
            return state.complaint
        }
    }

    /// Sends what is left of a run that has ended, as long as the server answers; a few seconds at most.
    ///
    /// - Returns: whether the server has everything.
    package func finish(_ status: RunOutcome.Status) -> Bool {
        let start = ContinuousClock.now
        state.withLock { $0.end = MLflowStatus(status) }
        work.signal()
        while ended.wait(timeout: .now() + 0.05) == .timedOut {
            let now = ContinuousClock.now
            let last = state.withLock(\.lastAnswer)
            let silence = now - max(last ?? start, start)
            let longest = last == nil ? Self.longestFirstSilence : Self.longestSilence
            guard silence < longest, now - start < Self.longestEnd else {
                cancellation.cancel()
                // libcurl looks once a second; the name of a host may take longer, and is left alone.
                _ = ended.wait(timeout: .now() + 1.5)
                break
            }
        }
        return state.withLock(\.isComplete)
    }

    private func run(
        _ folder: RunFolder, _ configuration: RunConfiguration, _ server: MLflowServer,
        _ ledger: TrackingLedger
    ) {
        let upload = MLflowUpload(of: folder, configuration, to: server, ledger, cancellation) {
            [self] in state.withLock { $0.lastAnswer = .now }
        }
        // Seconds until the next attempt after one that failed.
        var pause = 0.0
        var next = ContinuousClock.now
        while true {
            if pause > 0 {
                // New records do not make a dead server worth another attempt; the run's end does.
                while state.withLock(\.end) == nil, ContinuousClock.now < next {
                    _ = work.wait(timeout: .now() + max(0.05, (next - .now).seconds))
                }
            } else {
                work.wait()
            }
            let end = state.withLock(\.end)
            do {
                _ = try upload.send(end ?? .running)
                pause = 0
                if end != nil { state.withLock { $0.isComplete = true } }
            } catch {
                pause = min(max(2, 2 * pause), 60)
                next = .now + .seconds(pause)
                complain((error as? ServerFailure)?.summary ?? "\(error)")
            }
            guard end == nil else { break }
        }
        ended.signal()
    }

    private func complain(_ text: String) {
        state.withLock { state in
            guard !state.hasComplained else { return }
            state.hasComplained = true
            state.complaint = text
        }
    }
}

extension Duration {
    fileprivate var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
