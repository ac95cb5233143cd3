import FileFormats

/// Everything that a run goes on from: the same steps on the same device then give the same bytes. No
/// part of it depends on the device, so a run may also go on elsewhere, within rounding.
public struct TrainerState: Sendable, Equatable {
    /// Where the run stands.
    public var position: TrainingPosition
    /// All parameters, running statistics and counters, as in weights files.
    public var weights: SafetensorsFile
    /// One for each group of the network: every block, then the classifier.
    public var optimizers: [OptimizerState]

    /// A state from its parts.
    public init(
        position: TrainingPosition, weights: SafetensorsFile, optimizers: [OptimizerState]
    ) {
        self.position = position
        self.weights = weights
        self.optimizers = optimizers
    }
}

extension TrainingPosition {
    /// Whether a run with this many losses can stand there.
    func isPossible(losses: Int) -> Bool {
        // Counts beyond this are of no run, and might overflow.
        let counts = 0..<(1 << 53)
        return counts.contains(epoch) && epoch > 0 && counts.contains(batches)
            && counts.contains(steps) && batches <= steps
            && counts.contains(samples) && counts.contains(correct) && correct <= samples
            && lossSums.count == losses && lossSums.allSatisfy(\.isFinite)
            && schedule.rate.isFinite && schedule.rate > 0
            && counts.contains(schedule.badEpochs)
    }
}

/// A state that a trainer cannot go on from: it is of another network, rule or optimizer, or damaged.
public struct TrainerStateError: CategorizedError {
    /// What is wrong.
    public let reason: String

    /// Bad data.
    public var category: ErrorCategory { .malformedData }
    /// One line.
    public var description: String { "the saved state does not fit this training: \(reason)" }
}
