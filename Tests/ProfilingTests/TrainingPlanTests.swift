import LocalLearning
import Profiling
import ReferenceBackend
import Tensors
import TestSupport
import Testing

/// What is planned is what is done.
struct TrainingPlanTests {
    private func training(
        _ rule: any LearningRule, _ model: Architecture = .smallConv, batch: Int = 4
    ) throws -> PlannedTraining {
        PlannedTraining(
            try NetworkDescription(model, input: [16, 16, 3], classes: 5, rule: rule),
            optimizer: PublishedOptimizer.adamWScheduleFree, batch: batch)
    }

    /// The reference holds a double for every float that is planned.
    @Test(arguments: ["LLS", "LLS_MxM", "LocalLosses", "DFA", "BP"])
    func plannedBytesAreMeasuredBytes(name: String) throws {
        let rule = try #require(RuleCatalog.all.first { $0.name == name })
        let plan = try TrainingPlan(try training(rule), alignment: 1)
        let backend = ReferenceBackend()
        let planned = try training(rule)
        let network = try Network(planned.network, batch: 4, on: backend)
        let optimizers = try network.groups.map {
            try planned.optimizer.make(for: $0, OptimizerSettings())
        }
        let ring = try LossBuffer(capacity: 1, losses: network.lossNames.count, on: backend)
        withExtendedLifetime((optimizers, ring)) {
            #expect(2 * plan.totalBytes == backend.memoryUse.current)
        }
        #expect(plan.activationBytes == network.activationBytes)
    }

    /// The forward pass is counted by the blocks themselves.
    @Test func everyRuleDoesTheWorkItIsKnownFor() throws {
        let forward = 4 * (try training(LLS()).network.multiplyAccumulates)
        for rule in RuleCatalog.all {
            let work = try TrainingPlan(try training(rule), alignment: 1).work
            #expect(work.total(.forward) == forward, "\(rule.name)")
            #expect(work.blocks.map(\.name).last == "linear")
            let first = try #require(work.blocks.first?.multiplyAccumulates)
            switch rule.name {
            case "BP":
                #expect(work.total(.learningSignal) == 0)
                #expect(work.total(.inputGradient) == forward - (first[.forward] ?? 0))
                #expect(work.total(.weightGradient) == forward)
            case "DRTP":
                #expect(work.total(.weightGradient) < forward / 4)
            default:
                #expect(work.total(.inputGradient) == 0, "\(rule.name)")
                #expect(work.total(.weightGradient) == forward, "\(rule.name)")
                #expect(work.total(.learningSignal) > 0, "\(rule.name)")
            }
        }
    }

    @Test func theSignalOfEveryBlockIsItsOwn() throws {
        let work = try TrainingPlan(try training(LLS()), alignment: 1).work
        for block in work.blocks.dropLast() {
            #expect((block.multiplyAccumulates[.learningSignal] ?? 0) > 0, "\(block.name)")
        }
    }

    @Test func theLargestBatchThatFitsIsNamed() throws {
        let asked = try training(LLS(), batch: 512)
        let enough = try TrainingPlan(try training(LLS(), batch: 100), alignment: 1)
        let limits = MemoryLimits(total: enough.totalBytes, allocation: .max)
        let error = try #require(throws: DoesNotFitError.self) {
            try asked.plan(on: LimitedBackend(limits))
        }
        #expect(error.largestBatch == .forTraining(100))
        #expect("\(error)".contains("the largest batch that fits is 100"))
        #expect("\(error)".split(separator: "\n").count == 3)
    }

    /// The activations are one allocation: a device may have room, but not in one piece.
    @Test func theLargestAllocationCounts() throws {
        let enough = try TrainingPlan(try training(LLS(), batch: 64), alignment: 1)
        let limits = MemoryLimits(total: .max, allocation: enough.largestAllocation)
        let error = try #require(throws: DoesNotFitError.self) {
            try training(LLS(), batch: 65).plan(on: LimitedBackend(limits))
        }
        #expect(error.largestBatch == .forTraining(64))
        _ = try training(LLS(), batch: 64).plan(on: LimitedBackend(limits))
    }

    @Test func noBatchMayFit() throws {
        let limits = MemoryLimits(total: 1000, allocation: .max)
        let error = try #require(throws: DoesNotFitError.self) {
            try training(LLS()).plan(on: LimitedBackend(limits))
        }
        #expect(error.largestBatch == LargestBatch.none)
    }

    /// A test batch that does not fit is not the training batch's fault.
    @Test func bothBatchesAreNamedIfTheTestBatchIsTooLarge() throws {
        var asked = try training(LLS(), batch: 8)
        asked.run = PlannedRun(
            trainSamples: 5000, testSamples: 5000, testBatch: 4000, reportEvery: 50)
        var enough = asked
        enough.batch = 8
        enough.run?.testBatch = 100
        let limits = MemoryLimits(
            total: try TrainingPlan(enough, alignment: 1).totalBytes, allocation: .max)
        let error = try #require(throws: DoesNotFitError.self) {
            try asked.plan(on: LimitedBackend(limits))
        }
        #expect(error.largestBatch == .forBoth(100))
        _ = try enough.plan(on: LimitedBackend(limits))
    }

    /// Losses are read in pieces: a report every hundred thousand steps needs no more memory than
    /// one every hundred.
    @Test func rareReportsNeedNoMemory() throws {
        func bytes(reportEvery: Int) throws -> Int {
            var asked = try training(LLS(), batch: 8)
            asked.run = PlannedRun(
                trainSamples: 64, testSamples: 64, testBatch: 8, reportEvery: reportEvery)
            return try TrainingPlan(asked, alignment: 256).totalBytes
        }
        #expect(try bytes(reportEvery: 100) == bytes(reportEvery: .max))
        #expect(try bytes(reportEvery: 1) < bytes(reportEvery: 100))
    }

    private final class LimitedBackend: BreakableBackend {
        let limits: MemoryLimits

        init(_ limits: MemoryLimits) { self.limits = limits }

        override var memoryLimits: MemoryLimits { limits }
    }
}
