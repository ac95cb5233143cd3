/// Where a run stands between two steps.
public struct TrainingPosition: Codable, Sendable, Equatable {
    /// The epoch under way, counted from 1.
    public internal(set) var epoch = 1
    /// Batches of that epoch that have been trained.
    public internal(set) var batches = 0
    /// Steps of the whole run.
    public internal(set) var steps = 0
    /// Samples of that epoch that have been counted.
    public internal(set) var samples = 0
    /// How many of them the network had right when their step began.
    public internal(set) var correct = 0
    /// Sums of the epoch's losses over its batches, in ``Network/lossNames`` order.
    public internal(set) var lossSums: [Double]
    /// Where the schedule stands.
    public internal(set) var schedule: ScheduleState

    init(losses: Int, schedule: ScheduleState) {
        lossSums = Array(repeating: 0, count: losses)
        self.schedule = schedule
    }

    /// Reads a position; what earlier versions did not write counts from here.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        epoch = try values.decode(Int.self, forKey: .epoch)
        batches = try values.decode(Int.self, forKey: .batches)
        samples = try values.decodeIfPresent(Int.self, forKey: .samples) ?? 0
        correct = try values.decodeIfPresent(Int.self, forKey: .correct) ?? 0
        steps = try values.decode(Int.self, forKey: .steps)
        lossSums = try values.decode([Double].self, forKey: .lossSums)
        schedule = try values.decode(ScheduleState.self, forKey: .schedule)
    }

    /// Percent of the epoch's samples; nil if none was counted.
    var top1: Double? { samples > 0 ? 100 * Double(correct) / Double(samples) : nil }

    /// Means over the epoch's batches.
    var meanLosses: [Float] { lossSums.map { Float($0 / Double(max(batches, 1))) } }

    mutating func startEpoch(_ epoch: Int, schedule: ScheduleState) {
        self.epoch = epoch
        self.schedule = schedule
        (batches, samples, correct) = (0, 0, 0)
        lossSums = lossSums.map { _ in 0 }
    }
}
