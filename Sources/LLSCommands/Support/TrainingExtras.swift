import Tracking

extension TrainingRun {
    /// What changes no configured value.
    struct Extras {
        /// Whether the weights of the best test accuracy are kept too.
        var savesBest = false
        /// A file for the times of the device's work.
        var trace: String?
        var saveEvery = SaveInterval.standard
        /// Checkpoints that stay.
        var keep = 2
        /// The run is stopped after it.
        var maxTime: Duration?
        /// Nil for those that the run has had so far.
        var trackers: [Tracker]?
    }
}
