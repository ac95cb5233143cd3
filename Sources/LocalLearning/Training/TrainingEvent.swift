/// How long a run lasts and how often it reports.
public struct TrainingOptions: Sendable {
    /// Epochs of the whole run.
    public var epochs: Int
    /// Ends the run, in the middle of an epoch if need be; the epoch is still evaluated.
    public var maxSteps: Int?
    /// Steps between two reports: losses are read from the device only then.
    public var reportEvery: Int
    /// Training batches that the running statistics are fitted on before every evaluation.
    public var statisticsBatches: Int
    /// How the rate follows the epochs.
    public var schedule: LearningRateSchedule

    /// A report every 50 steps, statistics of 50 batches, a constant rate.
    public init(
        epochs: Int, maxSteps: Int? = nil, reportEvery: Int = 50, statisticsBatches: Int = 50,
        schedule: LearningRateSchedule = .constant
    ) {
        self.schedule = schedule
        self.epochs = epochs
        self.maxSteps = maxSteps
        self.reportEvery = reportEvery
        self.statisticsBatches = statisticsBatches
    }
}

/// What a run does now, and how far it is: in batches, none of which is waited for.
public struct TrainingProgress: Sendable, Equatable {
    /// An epoch goes through them in this order.
    public enum Phase: String, Sendable {
        /// Steps are taken.
        case training
        /// Running statistics are fitted to the parameters that are evaluated.
        case statistics
        /// The test split is looked at.
        case evaluation
    }

    /// What it does.
    public let phase: Phase
    /// Counted from 1.
    public let epoch: Int
    /// Batches that were handed to the device, of those of the phase.
    public let batch, batches: Int

    /// Where a run stands.
    public init(phase: Phase, epoch: Int, batch: Int, batches: Int) {
        self.phase = phase
        self.epoch = epoch
        self.batch = batch
        self.batches = batches
    }
}

/// The run so far, at the end of some steps.
public struct StepReport: Sendable {
    /// Counted from 1.
    public let epoch, step, stepsInEpoch: Int
    /// The steps since the last report, which ``losses`` and ``top1`` are of.
    public let steps: Int
    /// Means, in ``Network/lossNames`` order.
    public let losses: [Float]
    /// Share of the samples that the network had right when their step began, in percent.
    public let top1: Double
    /// Since the epoch began, or went on.
    public let imagesPerSecond: Double
}

/// The run so far, at the end of an epoch.
public struct EpochReport: Sendable {
    /// Counted from 1.
    public let epoch: Int
    /// Means over the epoch, in ``Network/lossNames`` order.
    public let losses: [Float]
    /// Share of the samples that the network had right when their step began, in percent; nil if none
    /// was counted.
    public let top1: Double?
    /// On the test split.
    public let test: Evaluation
    /// That the epoch was trained with.
    public let learningRate: Double
    /// Of the training steps alone.
    public let imagesPerSecond: Double
    /// Share of the training steps' time that was spent waiting for data.
    public let waitingShare: Double
    /// Steps of the epoch.
    public let steps: Int
    /// Of the training steps alone.
    public let trainingSeconds: Double
    /// Evaluation included.
    public let seconds: Double
}

/// What a run reports.
public enum TrainingEvent: Sendable {
    /// A batch was handed to the device, or a phase begins.
    case progress(TrainingProgress)
    /// Some steps have been taken.
    case steps(StepReport)
    /// An epoch has been evaluated.
    case epoch(EpochReport)
}
