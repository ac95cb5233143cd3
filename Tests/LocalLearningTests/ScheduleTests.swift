import LocalLearning
import Testing

struct ScheduleTests {
    @Test func milestonesLowerTheRate() {
        var progress = LearningRateProgress(.multiStep(milestones: [2, 3], gamma: 0.5), rate: 8)
        #expect((1...4).map { progress.advance(epoch: $0, testLoss: 1) } == [8, 4, 2, 2])
    }

    @Test func aPlateauLowersTheRateWhenPatienceEnds() {
        var progress = LearningRateProgress(.plateau(gamma: 0.5, patience: 1), rate: 8)
        let losses = [1, 0.9, 0.9, 0.89995, 0.89995, 0.5]
        let rates = losses.enumerated().map { progress.advance(epoch: $0 + 1, testLoss: $1) }
        // The fourth loss is lower by less than one part in 10⁴: it does not count.
        #expect(rates == [8, 8, 8, 4, 4, 4])
    }

    @Test func aConstantRateStays() {
        var progress = LearningRateProgress(.constant, rate: 0.1)
        #expect(progress.advance(epoch: 50, testLoss: 9) == 0.1)
    }

    @Test func summariesSayWhatHappensWithinTheRun() {
        let steps = LearningRateSchedule.multiStep(milestones: [50, 80], gamma: 0.3)
        #expect(steps.summary(epochs: 100) == "× 0.3 after epoch 50, 80")
        #expect(steps.summary(epochs: 80) == "× 0.3 after epoch 50")
        #expect(steps.summary(epochs: 50) == "constant until epoch 50")
        let plateau = LearningRateSchedule.plateau(gamma: 0.3, patience: 10)
        #expect(plateau.summary(epochs: 11) == "constant (patience 10)")
        #expect(plateau.summary(epochs: 12) == "× 0.3 after 11 epochs without a lower test loss")
        #expect(LearningRateSchedule.constant.summary(epochs: 9) == "constant")
    }
}
