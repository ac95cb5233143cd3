import FileFormats

/// How the learning rate follows the epochs.
public enum LearningRateSchedule: Hashable, Sendable {
    /// The rate stays.
    case constant
    /// Times `gamma` after each of these epochs.
    case multiStep(milestones: [Int], gamma: Double)
    /// Times `gamma` once the test loss has not fallen for more than `patience` epochs.
    case plateau(gamma: Double, patience: Int)

    /// Refuses what PyTorch's own schedulers refuse, and what leaves the range of float32.
    ///
    /// - Throws: ``ScheduleError``.
    public func check() throws(ScheduleError) {
        let (gamma, isBelow1): (Double, Bool)
        switch self {
        case .constant: return
        case .multiStep(_, let factor): (gamma, isBelow1) = (factor, false)
        case .plateau(let factor, _): (gamma, isBelow1) = (factor, true)
        }
        guard Float(gamma) > 0, Float(gamma).isFinite, !isBelow1 || gamma < 1 else {
            throw ScheduleError(
                setting: "gamma",
                reason: "\(gamma) is not allowed: it must be greater than 0"
                    + (isBelow1 ? " and below 1" : " and finite as float32"))
        }
    }

    /// Whether the rate stays as it is during the first `epochs` epochs, whatever the losses are.
    package func isConstant(for epochs: Int) -> Bool {
        switch self {
        case .constant: true
        case .multiStep(let milestones, _): !milestones.contains { $0 < epochs }
        case .plateau(_, let patience): patience + 1 >= epochs
        }
    }

    /// What becomes of the rate over the first `epochs` epochs, in words.
    package func summary(epochs: Int) -> String {
        switch self {
        case .constant: return "constant"
        case .multiStep(let milestones, let gamma):
            let within = milestones.filter { $0 < epochs }
            guard !isConstant(for: epochs) else {
                return "constant until epoch \(milestones.first ?? epochs)"
            }
            return "× \(gamma) after epoch \(within.map(String.init).joined(separator: ", "))"
        case .plateau(let gamma, let patience):
            guard !isConstant(for: epochs) else { return "constant (patience \(patience))" }
            return "× \(gamma) after \(patience + 1) epochs without a lower test loss"
        }
    }
}

/// A schedule that cannot be followed.
public struct ScheduleError: CategorizedError, Equatable {
    /// The name of the setting: `gamma`.
    public let setting: String
    /// What is wrong with it.
    public let reason: String

    /// Bad configuration.
    public var category: ErrorCategory { .configuration }
    /// One line.
    public var description: String { "learning-rate schedule: \(setting) \(reason)" }
}

/// Where a schedule stands.
public struct ScheduleState: Codable, Sendable, Equatable {
    /// The rate of the epoch under way.
    public var rate: Double
    /// The lowest test loss so far; nil before the first.
    public var bestLoss: Double?
    /// Epochs since then.
    public var badEpochs = 0

    /// A schedule that begins.
    public init(rate: Double) { self.rate = rate }
}

/// A schedule at work.
package struct LearningRateProgress {
    private let schedule: LearningRateSchedule
    package private(set) var state: ScheduleState
    package var rate: Double { state.rate }
    /// A loss counts as lower when it is by more than this share.
    private static let threshold = 1e-4

    package init(_ schedule: LearningRateSchedule, rate: Double) {
        self.schedule = schedule
        state = ScheduleState(rate: rate)
    }

    /// Goes on from where a schedule stood.
    package init(_ schedule: LearningRateSchedule, state: ScheduleState) {
        self.schedule = schedule
        self.state = state
    }

    /// Call at the end of `epoch`, counted from 1; answers with the next epoch's rate.
    package mutating func advance(epoch: Int, testLoss: Double) -> Double {
        switch schedule {
        case .constant: break
        case .multiStep(let milestones, let gamma):
            for milestone in milestones where milestone == epoch { state.rate *= gamma }
        case .plateau(let gamma, let patience):
            if testLoss < (state.bestLoss ?? .infinity) * (1 - Self.threshold) {
                (state.bestLoss, state.badEpochs) = (testLoss, 0)
            } else {
                state.badEpochs += 1
            }
            if state.badEpochs > patience {
                state.rate *= gamma
                state.badEpochs = 0
            }
        }
        return rate
    }
}
