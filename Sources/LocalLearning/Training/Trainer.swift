import Foundation
import Tensors

/// How long a run lasts and how often it reports.
public struct TrainingOptions: Sendable {
    public var epochs: Int
    /// Ends the run, in the middle of an epoch if need be; the epoch is still evaluated.
    public var maxSteps: Int?
    /// Steps between two reports: losses are read from the device only then.
    public var reportEvery: Int
    /// Training batches that the running statistics are fitted on before every evaluation.
    public var statisticsBatches: Int
    public var schedule: LearningRateSchedule

    public init(
        epochs: Int, maxSteps: Int? = nil, reportEvery: Int = 50, statisticsBatches: Int = 50,
        schedule: LearningRateSchedule = .constant
    ) {
        self.schedule = schedule
        self.epochs = epochs
        self.maxSteps = maxSteps
        self.reportEvery = reportEvery
        self.statisticsBatches = statisticsBatches
    }
}

/// The run so far, at the end of some steps.
public struct StepReport: Sendable {
    public let epoch, step, stepsInEpoch: Int
    /// Means over the steps since the last report, in ``Network/lossNames`` order.
    public let losses: [Float]
    /// Since the epoch began.
    public let imagesPerSecond: Double
}

/// The run so far, at the end of an epoch.
public struct EpochReport: Sendable {
    public let epoch: Int
    /// Means over the epoch, in ``Network/lossNames`` order.
    public let losses: [Float]
    public let test: Evaluation
    /// That the epoch was trained with.
    public let learningRate: Double
    /// Of the training steps alone.
    public let imagesPerSecond: Double
    /// Share of the training steps' time that was spent waiting for data.
    public let waitingShare: Double
    public let steps: Int
    public let trainingSeconds: Double
    /// Evaluation included.
    public let seconds: Double
}

public enum TrainingEvent: Sendable {
    case steps(StepReport)
    case epoch(EpochReport)
}

/// The one loop: any rule, any model, any backend.
public final class Trainer {
    public let network: Network
    private let optimizers: [any Optimizer]
    private let options: TrainingOptions
    private let evaluator: Evaluator
    private let ring: LossRing
    private var rate: LearningRateProgress

    /// - Throws: ``OptimizerSettingsError`` and ``ScheduleError`` for settings that cannot be trained
    ///   with; what the device throws.
    public init(
        _ network: Network, optimizer: OptimizerKind, _ settings: OptimizerSettings,
        _ options: TrainingOptions
    ) throws {
        try options.schedule.check()
        self.network = network
        self.options = options
        optimizers = try network.groups.map {
            try optimizer.make(for: $0, settings, on: network.backend)
        }
        rate = LearningRateProgress(options.schedule, rate: settings.learningRate)
        evaluator = try Evaluator(network)
        ring = try LossRing(
            capacity: max(options.reportEvery, 1), losses: network.lossNames.count,
            on: network.backend)
    }

    /// Trains, and evaluates after every epoch. At the end, and in every `.epoch` event, the
    /// parameters stand where they are to be saved, and are finite numbers. An epoch that diverged
    /// has no `.epoch` event, so that what was saved of the one before it is not overwritten.
    ///
    /// - Returns: the last epoch's report; nil after no epoch.
    /// - Throws: ``DivergenceError``; whatever the device, the source or `onEvent` throws.
    public func run(
        train: any BatchSource, test: any BatchSource,
        onEvent: (TrainingEvent) throws -> Void = { _ in }
    ) throws -> EpochReport? {
        var last: EpochReport?
        var steps = 0
        for epoch in 1...max(options.epochs, 1) where epoch <= options.epochs {
            let start = Date()
            try move(to: .training)
            let training = try trainEpoch(epoch, train, stepsBefore: steps, onEvent)
            steps += training.steps

            try move(to: .evaluation)
            try fitStatistics(epoch: epoch + 1, train)
            let evaluation = try evaluator.evaluate(on: test)
            try requireFinite(evaluation, epoch: epoch, step: training.steps)
            let learningRate = rate.rate
            let nextRate = rate.advance(epoch: epoch, testLoss: evaluation.loss)
            for optimizer in optimizers { optimizer.learningRate = nextRate }
            let report = EpochReport(
                epoch: epoch, losses: training.losses, test: evaluation,
                learningRate: learningRate,
                imagesPerSecond: training.imagesPerSecond, waitingShare: training.waitingShare,
                steps: training.steps, trainingSeconds: training.seconds,
                seconds: Date().timeIntervalSince(start))
            last = report
            try onEvent(.epoch(report))
            if let limit = options.maxSteps, steps >= limit { break }
        }
        return last
    }

    private struct EpochTraining {
        let steps: Int
        let losses: [Float]
        let imagesPerSecond, waitingShare, seconds: Double
    }

    private func trainEpoch(
        _ epoch: Int, _ source: any BatchSource, stepsBefore: Int,
        _ onEvent: (TrainingEvent) throws -> Void
    ) throws -> EpochTraining {
        let start = Date()
        let waitedBefore = source.secondsWaited
        var sums = [Double](repeating: 0, count: network.lossNames.count)
        var (steps, samples) = (0, 0)

        func report() throws {
            let drained = try ring.drain()
            guard !drained.isEmpty else { return }
            var means = [Double](repeating: 0, count: sums.count)
            for (index, losses) in drained.enumerated() {
                let step = steps - drained.count + index + 1
                for (block, loss) in losses.enumerated() {
                    guard loss.isFinite else {
                        throw DivergenceError(
                            quantity: .loss(network.lossNames[block]), epoch: epoch, step: step,
                            value: Double(loss))
                    }
                    sums[block] += Double(loss)
                    means[block] += Double(loss) / Double(drained.count)
                }
            }
            try onEvent(
                .steps(
                    StepReport(
                        epoch: epoch, step: steps, stepsInEpoch: source.batchCount,
                        losses: means.map { Float($0) },
                        imagesPerSecond: Double(samples) / Date().timeIntervalSince(start))))
        }

        try source.forEachBatch(epoch: epoch) { images, labels in
            let batch = try network.load(images, labels)
            try network.step(batch: batch, optimizers, losses: ring.next())
            steps += 1
            samples += batch
            if ring.isFull { try report() }
            return options.maxSteps.map { stepsBefore + steps < $0 } ?? true
        }
        try report()
        try network.backend.synchronize()
        let seconds = Date().timeIntervalSince(start)
        return EpochTraining(
            steps: steps, losses: sums.map { Float($0 / Double(max(steps, 1))) },
            imagesPerSecond: Double(samples) / seconds,
            waitingShare: (source.secondsWaited - waitedBefore) / seconds, seconds: seconds)
    }

    /// The running statistics follow the parameters that were trained on; those that are evaluated
    /// are others (Defazio et al. 2024), so a few training batches are run through them first.
    private func fitStatistics(epoch: Int, _ source: any BatchSource) throws {
        var batches = 0
        guard options.statisticsBatches > 0 else { return }
        try source.forEachBatch(epoch: epoch) { images, labels in
            try network.updateStatistics(batch: try network.load(images, labels))
            batches += 1
            return batches < options.statisticsBatches
        }
    }

    /// The losses of an epoch do not tell what its last update did, nor what of a block's own head
    /// no output depends on: the parameters are looked at, too.
    private func requireFinite(_ evaluation: Evaluation, epoch: Int, step: Int) throws {
        guard evaluation.loss <= DivergenceError.hopelessLoss else {
            throw DivergenceError(
                quantity: .loss("test"), epoch: epoch, step: step, value: evaluation.loss)
        }
        guard network.backend.keepsElements else { return }
        let running = network.parameters.filter { $0.gradient == nil }
            .map { (name: $0.description.name, tensor: $0.value) }
        let names = network.blocks.map(\.name) + ["output"]
        let trained = zip(names, network.groups).map { (name: $0, tensor: $1.values) }
        for (name, tensor) in trained + running {
            let values = try network.backend.read(tensor)
            guard let bad = values.first(where: { !$0.isFinite }) else { continue }
            throw DivergenceError(
                quantity: .parameters(name), epoch: epoch, step: step, value: Double(bad))
        }
    }

    private func move(to point: OptimizerPoint) throws {
        for (optimizer, group) in zip(optimizers, network.groups) {
            try optimizer.move(group, to: point, on: network.backend)
        }
    }
}
