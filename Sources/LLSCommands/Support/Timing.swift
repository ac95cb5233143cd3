import Foundation
import Tensors

/// When the program began, for what a user waits for.
enum ProgramStart {
    private static let instant = ContinuousClock.now

    /// Called first thing.
    static func mark() { _ = instant }

    static var secondsSince: Double { (ContinuousClock.now - instant) / .seconds(1) }
}

/// Times of one thing done over and over, each run waited for.
struct Timing {
    let seconds: [Double]

    /// Runs whose median nothing more changes, however short they are.
    private static let enough = 1_000_000

    /// Runs `body` until `repetitions` runs, and at least `duration` seconds, have been timed; the
    /// first `warmups` are not, since kernels are compiled at their first launch.
    init(
        on backend: any Backend, warmups: Int = 2, repetitions: Int, duration: Double = 1,
        _ body: () throws -> Void
    ) throws {
        for _ in 0..<warmups {
            try body()
            try backend.synchronize()
        }
        var seconds: [Double] = []
        var total = 0.0
        repeat {
            let start = ContinuousClock.now
            try body()
            try backend.synchronize()
            seconds.append((ContinuousClock.now - start) / .seconds(1))
            total += seconds.last ?? 0
        } while seconds.count < repetitions || total < duration && seconds.count < Self.enough
        self.seconds = seconds.sorted()
    }

    var median: Double { seconds[seconds.count / 2] }
    var best: Double { seconds[0] }
}
