import LocalLearning

/// Sums over the epochs of a run.
struct RunTotals {
    private(set) var steps = 0
    private var seconds = 0.0, images = 0.0, waited = 0.0

    init() {}

    /// The sums of a checkpoint.
    init(_ values: [String: Double]) {
        steps = values["steps"].flatMap { Int(exactly: $0) } ?? 0
        seconds = values["seconds"] ?? 0
        images = values["images"] ?? 0
        waited = values["waited"] ?? 0
    }

    var values: [String: Double] {
        ["steps": Double(steps), "seconds": seconds, "images": images, "waited": waited]
    }

    mutating func add(_ report: EpochReport) {
        steps += report.steps
        seconds += report.trainingSeconds
        images += report.imagesPerSecond * report.trainingSeconds
        waited += report.waitingShare * report.trainingSeconds
    }

    var imagesPerSecond: Double { images / max(seconds, 1e-9) }
    /// Of the steps' time, the share that was spent waiting for data.
    var waitingShare: Double { waited / max(seconds, 1e-9) }
}
