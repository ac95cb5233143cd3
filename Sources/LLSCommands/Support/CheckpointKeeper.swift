import Checkpoints
import FileFormats
import LocalLearning

/// Saves the checkpoints of a run in time. A full disk does not end the training: the older checkpoint
/// is there, and the next interval tries again.
final class CheckpointKeeper {
    private let store: CheckpointStore
    private let interval: SaveInterval
    private let failures: WriteFailures
    private let clock = ContinuousClock()
    private var lastSave: ContinuousClock.Instant
    private var lastSteps: Int
    /// The newest checkpoint of the run.
    private(set) var newest: Checkpoint?

    /// - Parameters:
    ///   - newest: the checkpoint that the run goes on from.
    ///   - steps: of the run so far.
    init(
        _ store: CheckpointStore, _ interval: SaveInterval, from newest: Checkpoint?, steps: Int,
        _ failures: WriteFailures
    ) {
        self.store = store
        self.interval = interval
        self.failures = failures
        self.newest = newest
        lastSave = clock.now
        lastSteps = steps
    }

    /// Whether a checkpoint is due between two steps.
    func isDue(atStep steps: Int) -> Bool {
        if let every = interval.steps, steps - lastSteps >= every { return true }
        if let every = interval.time, clock.now - lastSave >= every { return true }
        return false
    }

    /// Whether one is due at the end of an epoch.
    func isDue(afterEpoch epoch: Int) -> Bool {
        interval.epochs.map { epoch.isMultiple(of: $0) } ?? false
    }

    /// Saves a state.
    ///
    /// - Returns: whether it is saved.
    /// - Throws: what no disk is to blame for: a divergence, a lost device.
    @discardableResult
    func save(_ state: TrainerState, run: [String: Double]) throws -> Bool {
        lastSave = clock.now
        lastSteps = state.position.steps
        return try failures.attempt("the checkpoint") {
            newest = try store.save(state, run: run)
        }
    }
}
