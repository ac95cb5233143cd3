import LocalLearning
import Testing

/// What the published optimizers and schedulers refuse is refused here, and all else is not.
struct SettingsTests {
    struct Refused: Sendable {
        let kind: PublishedOptimizer
        let setting: String
        let settings: OptimizerSettings

        init(
            _ kind: PublishedOptimizer, _ setting: String,
            _ change: @Sendable (inout OptimizerSettings) -> Void
        ) {
            self.kind = kind
            self.setting = setting
            var settings = OptimizerSettings()
            change(&settings)
            self.settings = settings
        }
    }

    @Test(arguments: [
        Refused(.sgdScheduleFree, "momentum") { $0.momentum = 0 },
        Refused(.sgdScheduleFree, "momentum") { $0.momentum = 1 },
        Refused(.sgdScheduleFree, "momentum") { $0.momentum = -0.5 },
        Refused(.sgdScheduleFree, "momentum") { $0.momentum = .nan },
        // 1 − 1/momentum is infinite as float32; 1 as float32.
        Refused(.sgdScheduleFree, "momentum") { $0.momentum = 1e-60 },
        Refused(.sgdScheduleFree, "momentum") { $0.momentum = 0.99999999999 },
        Refused(.sgdScheduleFree, "warm-up steps") { $0.warmupSteps = -1 },
        Refused(.sgd, "momentum") { $0.momentum = -0.1 },
        Refused(.sgd, "momentum") { $0.momentum = 1 },
        Refused(.sgd, "momentum") { ($0.momentum, $0.nesterov) = (0, true) },
        Refused(.sgd, "learning rate") { $0.learningRate = 0 },
        Refused(.adam, "learning rate") { $0.learningRate = -1 },
        Refused(.adam, "learning rate") { $0.learningRate = .infinity },
        Refused(.adamW, "learning rate") { $0.learningRate = 1e-50 },
        Refused(.adamW, "weight decay") { $0.weightDecay = -1e-3 },
        Refused(.adamWScheduleFree, "weight decay") { $0.weightDecay = .nan },
    ])
    func whatCannotBeTrainedWithIsNamed(refused: Refused) throws {
        let error = try #require(throws: OptimizerSettingsError.self) {
            try refused.kind.check(refused.settings)
        }
        #expect(error.setting == refused.setting)
        #expect(error.optimizer == refused.kind.name)
        // The library knows no flags.
        #expect(!"\(error)".contains("--"))
    }

    @Test(arguments: PublishedOptimizer.allCases)
    func theDefaultsAreTaken(kind: PublishedOptimizer) throws {
        try kind.check(OptimizerSettings())
        try kind.check(OptimizerSettings(learningRate: 1e-8, weightDecay: 0.5, warmupSteps: 100))
    }

    /// What an optimizer does not read may be anything.
    @Test func momentumOfAdamMayBe0() throws {
        try PublishedOptimizer.adam.check(OptimizerSettings(momentum: 0))
        try PublishedOptimizer.sgd.check(OptimizerSettings(momentum: 0))
    }

    @Test func schedulesRefuseWhatPyTorchRefuses() throws {
        for gamma in [1, 1.5, 0, -0.1, .nan, 1e-60] {
            let schedule = LearningRateSchedule.plateau(gamma: gamma, patience: 10)
            #expect(throws: ScheduleError.self) { try schedule.check() }
        }
        try LearningRateSchedule.plateau(gamma: 0.3, patience: 10).check()
        // A step schedule may raise the rate.
        try LearningRateSchedule.multiStep(milestones: [3], gamma: 1.5).check()
    }
}
