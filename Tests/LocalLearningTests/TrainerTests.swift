import LocalLearning
import ReferenceBackend
import Tensors
import TestSupport
import Testing

/// The loop around a rule: what it reports, and when it must not.
struct TrainerTests {
    @Test func aDivergedEpochIsNotReported() throws {
        let network = try Self.network(LLS())
        let trainer = try Trainer(
            network, optimizer: PublishedOptimizer.sgd, OptimizerSettings(learningRate: 0.01),
            TrainingOptions(
                epochs: 4, schedule: .multiStep(milestones: [2], gamma: 1e30)))
        var reported: [Int] = []
        var kept: [[Float]] = []
        let error = try #require(throws: DivergenceError.self) {
            try trainer.run(train: TinySource(), test: TinySource()) { event in
                guard case .epoch(let report) = event else { return }
                reported.append(report.epoch)
                kept = try network.parameters.map { try $0.values() }
            }
        }
        #expect(error.epoch == 3)
        // The library knows no flags.
        #expect(!"\(error)".contains("--"))
        #expect(reported == [1, 2])
        // What a caller saves with its last event is sound.
        #expect(kept.joined().allSatisfy(\.isFinite) && !kept.isEmpty)
    }

    /// No output depends on a block's own head, and so no test loss tells of it.
    @Test func aParameterThatIsNoNumberIsADivergence() throws {
        let network = try Self.network(LLSMxM())
        let trainer = try Trainer(
            network, optimizer: PublishedOptimizer.sgd, OptimizerSettings(learningRate: 0.01),
            TrainingOptions(epochs: 1))
        var epochs = 0
        let error = try #require(throws: DivergenceError.self) {
            try trainer.run(train: TinySource(), test: TinySource()) { event in
                switch event {
                case .epoch: epochs += 1
                case .progress: break
                case .steps:
                    // Behind the last step of the epoch.
                    let head = try #require(
                        network.parameters.first { $0.description.name == "conv_block2.feedback" })
                    try head.set(
                        [Float](repeating: .infinity, count: head.value.count))
                }
            }
        }
        #expect(error.quantity == .parameters("conv_block2"))
        #expect(epochs == 0)
    }

    /// A local rule from outside, by the public protocols alone.
    private struct Outside: LocalRule {
        let name = "Outside"

        func makeLoss(
            for block: BlockShape, _ parameters: [Parameter], _ settings: LocalLossSettings,
            on backend: any Backend
        ) throws -> any LocalLoss {
            try LLS().makeLoss(for: block, parameters, settings, on: backend)
        }
    }

    @Test func everyBlockOfALocalRuleHasALoss() throws {
        let network = try Self.network(Outside())
        #expect(network.lossNames.count == network.blocks.count + 1)
        func losses(_ network: Network) throws -> [Float]? {
            try Trainer(
                network, optimizer: PublishedOptimizer.sgd, OptimizerSettings(learningRate: 0.01),
                TrainingOptions(epochs: 2)
            ).run(train: TinySource(), test: TinySource())?.losses
        }
        #expect(try losses(network) == losses(Self.network(LLS())))
    }

    @Test(arguments: RuleCatalog.all.map(\.name))
    func aTrainerFollowsTheRuleOfItsNetwork(name: String) throws {
        let rule = try #require(RuleCatalog.all.first { $0.name == name })
        let network = try Self.network(rule)
        #expect(network.rule.name == name)
        let report = try Trainer(
            network, optimizer: PublishedOptimizer.sgd, OptimizerSettings(learningRate: 0.001),
            TrainingOptions(epochs: 1)
        ).run(train: TinySource(), test: TinySource())
        #expect(report?.losses.count == network.lossNames.count)
    }

    @Test func settingsThatCannotBeTrainedWithAreRefused() throws {
        let network = try Self.network(LLS())
        #expect(throws: OptimizerSettingsError.self) {
            try Trainer(
                network, optimizer: PublishedOptimizer.sgdScheduleFree,
                OptimizerSettings(momentum: 0),
                TrainingOptions(epochs: 1))
        }
        #expect(throws: ScheduleError.self) {
            try Trainer(
                network, optimizer: PublishedOptimizer.sgd, OptimizerSettings(),
                TrainingOptions(epochs: 1, schedule: .plateau(gamma: 1, patience: 3)))
        }
    }

    @Test(arguments: [LLS() as any LearningRule, DFA(), Backpropagation()])
    func hitsAreCountedBeforeTheStep(rule: any LearningRule) throws {
        let network = try Self.network(rule)
        let source = TinySource()
        let trainer = try Trainer(
            network, optimizer: PublishedOptimizer.sgd, OptimizerSettings(learningRate: 1e-30),
            TrainingOptions(epochs: 1, reportEvery: 1))
        // Whatever the image, class 1 is the likeliest.
        let bias = try #require(
            network.parameters.first { $0.description.name == "linear.bias" })
        try bias.set([0, 50, 0])
        var labels: [Int32] = []
        try source.forEachBatch(epoch: 1) {
            labels += $1
            return true
        }
        var hits = 0.0
        let report = try trainer.run(train: source, test: source) { event in
            guard case .steps(let report) = event else { return }
            hits += report.top1 / 100 * Double(source.batchSize)
        }
        let ones = labels.filter { $0 == 1 }.count
        #expect(ones > 0 && ones < labels.count)
        #expect(Int(hits.rounded()) == ones)
        #expect(report?.top1 == 100 * Double(ones) / Double(labels.count))
    }

    @Test func everyStepIsInOneReport() throws {
        let source = TinySource()
        let trainer = try Trainer(
            Self.network(LLS()), optimizer: PublishedOptimizer.adamWScheduleFree,
            OptimizerSettings(learningRate: 0.01), TrainingOptions(epochs: 2, reportEvery: 100))
        var steps = 0
        var phases: [String] = []
        var isAsked = false
        _ = try trainer.run(train: source, test: source) { event in
            switch event {
            case .steps(let report): steps += report.steps
            case .progress(let progress):
                phases.append("\(progress.epoch) \(progress.phase) \(progress.batch)")
            case .epoch: break
            }
        } afterStep: {
            // As before a checkpoint.
            guard !isAsked else { return }
            isAsked = true
            steps += try trainer.reportSteps()?.steps ?? 0
        }
        #expect(steps == 2 * source.batchCount)
        let expected = [1, 2].flatMap { epoch in
            ["training", "statistics", "evaluation"].flatMap { phase in
                (0...source.batchCount).map { "\(epoch) \(phase) \($0)" }
            }
        }
        #expect(phases == expected, "\(phases)")
    }

    private static func network(_ rule: any LearningRule) throws -> Network {
        try Network(
            NetworkDescription(.smallConv, input: [8, 8, 1], classes: 3, rule: rule), batch: 4,
            seed: 1, on: ReferenceBackend())
    }
}
