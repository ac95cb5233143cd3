/// Where a run stands between two steps.
public struct TrainingPosition: Codable, Sendable, Equatable {
    /// The epoch under way, counted from 1.
    public internal(set) var epoch = 1
    /// Batches of that epoch that have been trained.
    public internal(set) var batches = 0
    /// Steps of the whole run.
    public internal(set) var steps = 0
    /// Sums of the epoch's losses over its batches, in ``Network/lossNames`` order.
    public internal(set) var lossSums: [Double]
    /// Where the schedule stands.
    public internal(set) var schedule: ScheduleState

    init(losses: Int, schedule: ScheduleState) {
        lossSums = Array(repeating: 0, count: losses)
        self.schedule = schedule
    }

    /// Means over the epoch's batches.
    var meanLosses: [Float] { lossSums.map { Float($0 / Double(max(batches, 1))) } }

    mutating func startEpoch(_ epoch: Int, schedule: ScheduleState) {
        self.epoch = epoch
        self.schedule = schedule
        batches = 0
        lossSums = lossSums.map { _ in 0 }
    }
}
