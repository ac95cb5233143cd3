/// How the learning rate follows the epochs.
public enum LearningRateSchedule: Hashable, Sendable {
    case constant
    /// Times `gamma` after each of these epochs.
    case multiStep(milestones: [Int], gamma: Double)
    /// Times `gamma` once the test loss has not fallen for more than `patience` epochs.
    case plateau(gamma: Double, patience: Int)

    /// What becomes of the rate over the first `epochs` epochs, in words.
    package func summary(epochs: Int) -> String {
        switch self {
        case .constant: return "constant"
        case .multiStep(let milestones, let gamma):
            let within = milestones.filter { $0 < epochs }
            guard !within.isEmpty else {
                return "constant until epoch \(milestones.first ?? epochs)"
            }
            return "× \(gamma) after epoch \(within.map(String.init).joined(separator: ", "))"
        case .plateau(let gamma, let patience):
            guard patience + 1 < epochs else { return "constant (patience \(patience))" }
            return "× \(gamma) after \(patience + 1) epochs without a lower test loss"
        }
    }
}

/// A schedule at work.
package struct LearningRateProgress {
    private let schedule: LearningRateSchedule
    package private(set) var rate: Double
    private var best = Double.infinity
    private var badEpochs = 0
    /// A loss counts as lower when it is by more than this share.
    private static let threshold = 1e-4

    package init(_ schedule: LearningRateSchedule, rate: Double) {
        self.schedule = schedule
        self.rate = rate
    }

    /// Call at the end of `epoch`, counted from 1; answers with the next epoch's rate.
    package mutating func advance(epoch: Int, testLoss: Double) -> Double {
        switch schedule {
        case .constant: break
        case .multiStep(let milestones, let gamma):
            for milestone in milestones where milestone == epoch { rate *= gamma }
        case .plateau(let gamma, let patience):
            if testLoss < best * (1 - Self.threshold) {
                (best, badEpochs) = (testLoss, 0)
            } else {
                badEpochs += 1
            }
            if badEpochs > patience {
                rate *= gamma
                badEpochs = 0
            }
        }
        return rate
    }
}
