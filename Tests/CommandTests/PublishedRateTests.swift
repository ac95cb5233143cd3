import Experiments
import LLSCommands
import LocalLearning
import Testing

/// The learning rate of every epoch: the published program's default schedule keeps it constant, as
/// its patience is longer than any published run.
struct PublishedRateTests {
    private func rates(_ arguments: [String]) throws -> [Double] {
        let rate = try TrainingRate(arguments: arguments)
        var progress = LearningRateProgress(rate.schedule, rate: rate.initial)
        // The loss never falls, which is when a plateau is seen first.
        return [rate.initial]
            + (1..<rate.epochs).map { progress.advance(epoch: $0, testLoss: 1) }
    }

    @Test func everyPublishedCommandKeepsItsRate() throws {
        for experiment in try Experiment.published() {
            let rates = try rates(experiment.arguments)
            #expect(rates.count == experiment.epochs)
            #expect(
                rates.allSatisfy { $0 == experiment.learningRate }, "\(experiment.arguments)")
        }
    }

    @Test func aStepScheduleThatIsAskedForLowersTheRate() throws {
        let rates = try rates([
            "--lr-scheduler", "MultiStepLR", "--num-epochs", "200", "--lr", "1",
        ])
        for (index, rate) in rates.enumerated() {
            let lowered = [50, 80, 120, 180].filter { $0 <= index }.count
            let expected = (0..<lowered).reduce(1.0) { value, _ in value * 0.3 }
            #expect(rate == expected, "epoch \(index + 1)")
        }
    }

    @Test func aShortPatienceLowersTheRate() throws {
        let rates = try rates(["--patience", "2", "--epochs", "9", "--lr", "1", "--gamma", "0.5"])
        #expect(rates == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25])
    }
}
