import Foundation
import LocalLearning
import Synchronization
import Tensors

/// A signal, or the end of the time that it was given, asks the run to end: it ends after the batch at
/// hand, with a checkpoint. A second signal ends the program at once.
struct StopRequest: Error, CustomStringConvertible {
    /// Nil if the time is over.
    let signal: Int32?

    var description: String {
        guard let signal else { return "the run has used the time of --max-time" }
        return "the run was stopped by \(Self.names[signal] ?? "signal \(signal)")"
    }

    /// What the program ends with once a checkpoint is saved.
    var status: ExitStatus { signal == SIGINT ? .interrupted : .stopped }

    private static let names = [
        SIGINT: "SIGINT", SIGTERM: "SIGTERM", SIGHUP: "SIGHUP", SIGUSR1: "SIGUSR1",
    ]
    private static let received = Atomic<Int32>(0)

    /// From now on these signals are noted. One that is ignored on purpose, as by `nohup`, stays so.
    static func listen() {
        received.store(0, ordering: .relaxed)
        for number in names.keys {
            var action = sigaction()
            guard sigaction(number, nil, &action) == 0,
                unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
                    != unsafeBitCast(SIG_IGN, to: Int.self)
            else { continue }
            _ = Foundation.signal(number) { number in
                StopRequest.received.store(number, ordering: .relaxed)
                // The next one ends the program at once, whichever it is.
                for number in [SIGINT, SIGTERM, SIGHUP, SIGUSR1] {
                    _ = Foundation.signal(number, SIG_DFL)
                }
            }
            // A parent may hand on a mask by accident, as Foundation's `Process` does.
            var blocked = sigset_t()
            sigemptyset(&blocked)
            sigaddset(&blocked, number)
            pthread_sigmask(SIG_UNBLOCK, &blocked, nil)
        }
    }

    /// Throws if a signal has come, or the time is over.
    static func check(_ deadline: ContinuousClock.Instant? = nil) throws(StopRequest) {
        let number = received.load(ordering: .relaxed)
        guard number == 0 else { throw StopRequest(signal: number) }
        if let deadline, ContinuousClock.now >= deadline { throw StopRequest(signal: nil) }
    }

    /// Ends the program as the signal would have, so that a shell or a scheduler sees that: for a run
    /// of which nothing could be saved.
    func end() -> Never {
        let signal = signal ?? SIGTERM
        _ = Foundation.signal(signal, SIG_DFL)
        raise(signal)
        exit(128 + signal)
    }
}

/// Batches of another source, for as long as nobody asks the run to end.
final class StoppableSource: BatchSource {
    private let source: any BatchSource
    private let deadline: ContinuousClock.Instant?

    init(_ source: any BatchSource, until deadline: ContinuousClock.Instant?) {
        self.source = source
        self.deadline = deadline
    }

    var sampleShape: Shape { source.sampleShape }
    var sampleCount: Int { source.sampleCount }
    var batchSize: Int { source.batchSize }
    var secondsWaited: Double { source.secondsWaited }

    func forEachBatch(
        epoch: Int, from first: Int,
        _ body: (_ images: UnsafeBufferPointer<Float>, _ labels: UnsafeBufferPointer<Int32>) throws
            -> Bool
    ) throws {
        try source.forEachBatch(epoch: epoch, from: first) { images, labels in
            try StopRequest.check(deadline)
            return try body(images, labels)
        }
    }
}
