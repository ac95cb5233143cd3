import Foundation
import Synchronization

/// Notices that a driver no longer answers.
///
/// A call into OpenCL that waits for a device which hangs never returns, and no error says so.
public enum DeviceWatchdog {
    private struct Watched {
        weak var calls: OpenCLCalls?
        var seen: (number: UInt, times: Int)?
    }

    private static let watched = Mutex<[Watched]>([])

    /// Watches every call of this process into OpenCL from now on, on a thread of its own.
    ///
    /// Time is counted by this thread, so that a process that was suspended finds nothing amiss.
    ///
    /// - Parameters:
    ///   - limit: seconds after which a call is given up.
    ///   - hang: called once, with the function that has not returned. It is expected to end the process: the
    ///     thread that made the call cannot be helped.
    public static func start(limit: Double, onHang hang: @escaping @Sendable (String) -> Void) {
        let interval = min(limit / 4, 1)
        let thread = Thread {
            while true {
                Thread.sleep(forTimeInterval: interval)
                guard let function = hanging(for: Int((limit / interval).rounded(.up))) else {
                    continue
                }
                return hang(function)
            }
        }
        thread.name = "device watchdog"
        thread.start()
    }

    static func watch(_ calls: OpenCLCalls) {
        watched.withLock { watched in
            watched.removeAll { $0.calls == nil }
            watched.append(Watched(calls: calls))
        }
    }

    /// The function of a call that was seen in progress for more than `times` times.
    private static func hanging(for times: Int) -> String? {
        watched.withLock { watched in
            for index in watched.indices {
                guard let current = watched[index].calls?.current else {
                    watched[index].seen = nil
                    continue
                }
                let seen = watched[index].seen
                let isSame = seen?.number == current.number
                watched[index].seen = (current.number, isSame ? (seen?.times ?? 0) + 1 : 1)
                if isSame, seen?.times ?? 0 >= times { return current.function }
            }
            return nil
        }
    }
}
