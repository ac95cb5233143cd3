import Foundation
import LocalLearning
import Synchronization
import Tensors

/// A signal asked the run to end: it ends behind the batch at hand, so that its folder is left in
/// order. A second one ends the program at once.
struct StopRequest: Error, CustomStringConvertible {
    let signal: Int32

    var description: String { "the run was stopped by \(Self.names[signal] ?? "signal \(signal)")" }

    private static let names = [SIGINT: "SIGINT", SIGTERM: "SIGTERM", SIGHUP: "SIGHUP"]
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
                _ = Foundation.signal(number, SIG_DFL)
            }
            // A parent may hand on a mask by accident, as Foundation's `Process` does.
            var blocked = sigset_t()
            sigemptyset(&blocked)
            sigaddset(&blocked, number)
            pthread_sigmask(SIG_UNBLOCK, &blocked, nil)
        }
    }

    /// Throws if a signal has come.
    static func check() throws(StopRequest) {
        let number = received.load(ordering: .relaxed)
        guard number == 0 else { throw StopRequest(signal: number) }
    }

    /// Ends the program as the signal would have, so that a shell or a scheduler sees that.
    func end() -> Never {
        _ = Foundation.signal(signal, SIG_DFL)
        raise(signal)
        exit(128 + signal)
    }
}

/// Batches of another source, for as long as nobody asks the run to end.
final class StoppableSource: BatchSource {
    private let source: any BatchSource

    init(_ source: any BatchSource) { self.source = source }

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
            try StopRequest.check()
            return try body(images, labels)
        }
    }
}
