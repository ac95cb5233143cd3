import Checkpoints
import FileFormats
import LocalLearning

/// Saves the checkpoints of a run in time. A full disk does not end the training: the older checkpoint
/// is there, and the next interval tries again.
final class CheckpointKeeper {
    private let store: CheckpointStore
    private let interval: SaveInterval
    private let clock = ContinuousClock()
    private var lastSave: ContinuousClock.Instant
    private var lastSteps: Int
    /// The newest checkpoint of this process.
    private(set) var saved: Checkpoint?
    /// Why the last attempt failed; nil if it did not.
    private(set) var failure: FileError?

    /// - Parameter steps: of the run so far.
    init(_ store: CheckpointStore, _ interval: SaveInterval, steps: Int) {
        self.store = store
        self.interval = interval
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
    /// - Throws: what no disk is to blame for: a divergence, a lost device.
    func save(_ state: TrainerState, run: [String: Double]) throws {
        lastSave = clock.now
        lastSteps = state.position.steps
        do {
            saved = try store.save(state, run: run)
            failure = nil
        } catch let error as FileError {
            if failure == nil {
                Console.note("note: the checkpoint could not be saved: \(error.summary)")
            }
            failure = error
        }
    }
}

extension FileError {
    /// Its first line.
    fileprivate var summary: String {
        "\(self)".split(separator: "\n").first.map(String.init) ?? ""
    }
}
