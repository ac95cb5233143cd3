/// How long a run lasts and how often it reports.
public struct TrainingOptions: Sendable {
    public var epochs: Int
    /// Ends the run, in the middle of an epoch if need be; the epoch is still evaluated.
    public var maxSteps: Int?
    /// Steps between two reports: losses are read from the device only then.
    public var reportEvery: Int
    /// Training batches that the running statistics are fitted on before every evaluation.
    public var statisticsBatches: Int
    public var schedule: LearningRateSchedule

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

/// The run so far, at the end of some steps.
public struct StepReport: Sendable {
    public let epoch, step, stepsInEpoch: Int
    /// Means over the steps since the last report, in ``Network/lossNames`` order.
    public let losses: [Float]
    /// Since the epoch began.
    public let imagesPerSecond: Double
}

/// The run so far, at the end of an epoch.
public struct EpochReport: Sendable {
    public let epoch: Int
    /// Means over the epoch, in ``Network/lossNames`` order.
    public let losses: [Float]
    public let test: Evaluation
    /// That the epoch was trained with.
    public let learningRate: Double
    /// Of the training steps alone.
    public let imagesPerSecond: Double
    /// Share of the training steps' time that was spent waiting for data.
    public let waitingShare: Double
    public let steps: Int
    public let trainingSeconds: Double
    /// Evaluation included.
    public let seconds: Double
}

public enum TrainingEvent: Sendable {
    case steps(StepReport)
    case epoch(EpochReport)
}
