import LocalLearning

/// What a command line makes of the learning rate, for tests that follow it over hundreds of epochs
/// without training.
package struct TrainingRate {
    package let initial: Double
    package let schedule: LearningRateSchedule
    package let epochs: Int

    /// - Parameter arguments: those of `lls train`.
    package init(arguments: [String]) throws {
        let options = try TrainOptions.parse(arguments)
        initial = options.learningRate
        schedule = try Choices(options.configuration).schedule
        epochs = options.epochs
    }
}
