import Foundation
import LocalLearning
import Synchronization

/// A run in one line: `epoch 2/5 ━━━━╌╌ 312/469  2510 img/s  1:24 left  loss 0.412  87.1 %  ▁▂▃▅`.
///
/// What a run reports is noted in a moment; ``line(columns:)`` makes the text when it is drawn.
final class ProgressBar: Sendable {
    private let epochs: Int
    private let maxSteps: Int?
    private let batchSize: Int
    private let state: Mutex<State>

    private struct State {
        var progress: TrainingProgress
        /// When the phase began, and with which batch.
        var phaseStart = ContinuousClock.now
        var firstBatch: Int
        var steps: StepReport?
        /// How long an epoch took, evaluation included.
        var secondsOfEpoch: Double?
    }

    /// - Parameter start: where the run begins, or goes on.
    init(epochs: Int, maxSteps: Int?, batchSize: Int, from start: TrainingProgress) {
        self.epochs = epochs
        self.maxSteps = maxSteps
        self.batchSize = batchSize
        state = Mutex(State(progress: start, firstBatch: start.batch))
    }

    func note(_ progress: TrainingProgress) {
        state.withLock { state in
            if (state.progress.phase, state.progress.epoch) != (progress.phase, progress.epoch) {
                state.phaseStart = .now
                state.firstBatch = progress.batch
            }
            state.progress = progress
        }
    }

    func note(_ report: StepReport) { state.withLock { $0.steps = report } }

    func note(_ report: EpochReport) {
        state.withLock { $0.secondsOfEpoch = report.seconds }
    }

    /// The pieces that there is room for, the most useful first, and a bar in what is left.
    func line(columns: Int) -> String {
        let state = state.withLock { $0 }
        let progress = state.progress
        let left = "epoch \(progress.epoch)/\(epochs) "
        let count =
            progress.phase == .training
            ? " \(progress.batch)/\(progress.batches)"
            : " \(progress.phase.rawValue) \(progress.batch)/\(progress.batches)"
        let room = columns - 1 - left.count - count.count
        var pieces: [String] = []
        var used = 0
        for (place, piece) in self.pieces(state, progress).enumerated() {
            // The bar needs five columns; the first piece is worth more than it.
            guard used + piece.count + 2 + (place == 0 ? 0 : 5) <= room else { continue }
            pieces.append(piece)
            used += piece.count + 2
        }
        let width = min(30, room - used)
        let share = Double(progress.batch) / Double(max(progress.batches, 1))
        let full = min(width, max(0, Int(share * Double(width))))
        let bar =
            width >= 5
            ? String(repeating: "━", count: full) + String(repeating: "╌", count: width - full)
            : ""
        return left + bar + count + pieces.map { "  " + $0 }.joined()
    }

    private func pieces(_ state: State, _ progress: TrainingProgress) -> [String] {
        let seconds = (ContinuousClock.now - state.phaseStart) / .seconds(1)
        let done = progress.batch - state.firstBatch
        let secondsOfBatch = done > 0 ? seconds / Double(done) : nil
        var pieces: [String] = []
        if progress.phase == .training, let secondsOfBatch {
            pieces.append(Self.time(left(state, progress, secondsOfBatch)) + " left")
        } else if done == 0, seconds >= 1 {
            pieces.append("\(Int(seconds)) s")
        }
        if let secondsOfBatch, secondsOfBatch > 0 {
            let speed = Double(batchSize) / secondsOfBatch
            pieces.append("\(speed.fixed(speed < 10 ? 1 : 0)) img/s")
        }
        if progress.phase == .training, let steps = state.steps {
            pieces.append("loss \(Double(steps.losses.last ?? .nan).fixed(3))")
            pieces.append("\(steps.top1.fixed(1)) %")
            if steps.losses.count > 1 { pieces.append(sparkline(steps.losses.dropLast())) }
        }
        return pieces
    }

    /// Seconds to the end of the run.
    private func left(
        _ state: State, _ progress: TrainingProgress, _ secondsOfBatch: Double
    ) -> Double {
        let inEpoch = Double(progress.batches - progress.batch) * secondsOfBatch
        // The evaluation is known after an epoch.
        let epoch = state.secondsOfEpoch ?? (secondsOfBatch * Double(progress.batches))
        let all = inEpoch + Double(max(0, epochs - progress.epoch)) * epoch
        guard let maxSteps else { return all }
        let steps = (progress.epoch - 1) * progress.batches + progress.batch
        return min(all, Double(max(0, maxSteps - steps)) * secondsOfBatch)
    }

    /// `0:07`, `12:30`, `3:04:05` or `5 days`.
    static func time(_ seconds: Double) -> String {
        guard seconds < 2 * 86_400 else { return "\(Int(min(seconds / 86_400, 1e9))) days" }
        let whole = Int(max(0, seconds).rounded(.up))
        let (hours, minutes) = (whole / 3600, whole / 60 % 60)
        let digits = String(format: "%02d", whole % 60)
        return hours > 0
            ? "\(hours):" + String(format: "%02d", minutes) + ":\(digits)" : "\(minutes):\(digits)"
    }
}

/// One bar a value, the largest full.
func sparkline(_ values: some Sequence<Float>) -> String {
    let bars = Array("▁▂▃▄▅▆▇█")
    let largest = max(values.max() ?? 1, .leastNormalMagnitude)
    return String(
        values.map { value in
            let share = (value / largest).isFinite ? value / largest : 1
            return bars[min(7, max(0, Int(share * 7.99)))]
        })
}
