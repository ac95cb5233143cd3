import Foundation
import Tensors

/// The one loop: any rule, any network, any backend.
public final class Trainer {
    /// What is trained.
    public let network: Network
    /// Where the run stands. Losses count from the moment they are read from the device.
    public private(set) var position: TrainingPosition
    private let optimizers: [any Optimizer]
    private let options: TrainingOptions
    private let evaluator: Evaluator
    private let losses: LossBuffer
    /// The state before the evaluation under way, which moves the parameters.
    private var stateBeforeEvaluation: TrainerState?

    /// - Throws: ``OptimizerSettingsError`` and ``ScheduleError`` for settings that cannot be trained
    ///   with; what the device throws.
    public init(
        _ network: Network, optimizer: any OptimizerKind, _ settings: OptimizerSettings,
        _ options: TrainingOptions
    ) throws {
        try options.schedule.check()
        self.network = network
        self.options = options
        optimizers = try network.groups.map { try optimizer.make(for: $0, settings) }
        position = TrainingPosition(
            losses: network.lossNames.count, schedule: ScheduleState(rate: settings.learningRate))
        evaluator = try Evaluator(network)
        losses = try LossBuffer(
            capacity: max(options.reportEvery, 1), losses: network.lossNames.count,
            on: network.backend)
    }

    /// Trains from where the run stands, and evaluates after every epoch. At the end, and in every
    /// `.epoch` event, the parameters stand where they are to be saved, and are finite numbers. An
    /// epoch that diverged has no `.epoch` event, so that what was saved of the one before it is not
    /// overwritten.
    ///
    /// - Parameters:
    ///   - keepsState: whether ``state(metadata:)`` may be asked for while an epoch is evaluated.
    ///   - onEvent: called with what there is to report.
    ///   - afterStep: called after every step, at ``position``; what it throws ends the run there.
    /// - Returns: the last epoch's report; nil after no epoch.
    /// - Throws: ``DivergenceError``; `CancellationError` once the task is cancelled; whatever the
    ///   device, the source or the closures throw. The run can then go on from ``position``.
    public func run(
        train: any BatchSource, test: any BatchSource, keepsState: Bool = false,
        onEvent: (TrainingEvent) throws -> Void = { _ in }, afterStep: () throws -> Void = {}
    ) throws -> EpochReport? {
        var last: EpochReport?
        while position.epoch <= options.epochs, !isAtLimit {
            let start = Date()
            try move(to: .training)
            let speed = try trainEpoch(train, afterStep, onEvent)
            if keepsState { stateBeforeEvaluation = try state() }

            let evaluation = try evaluateEpoch(train: train, test: test)
            try requireFinite(evaluation)
            let report = EpochReport(
                epoch: position.epoch, losses: position.meanLosses, test: evaluation,
                learningRate: position.schedule.rate, imagesPerSecond: speed.imagesPerSecond,
                waitingShare: speed.waitingShare, steps: position.batches,
                trainingSeconds: speed.seconds, seconds: Date().timeIntervalSince(start))
            var rate = LearningRateProgress(options.schedule, state: position.schedule)
            let nextRate = rate.advance(epoch: position.epoch, testLoss: evaluation.loss)
            for optimizer in optimizers { optimizer.learningRate = nextRate }
            position.startEpoch(position.epoch + 1, schedule: rate.state)
            stateBeforeEvaluation = nil
            last = report
            try onEvent(.epoch(report))
        }
        return last
    }

    /// Evaluates the network as the run would at this point, if an epoch ended here: schedule-free
    /// optimizers give their averages, and the running statistics are fitted to these.
    ///
    /// - Parameters:
    ///   - train: batches for the statistics.
    ///   - look: see ``Evaluator/evaluate(on:looking:)``.
    /// - Throws: whatever the device and the sources throw.
    public func evaluate(
        train: any BatchSource, test: any BatchSource,
        looking look: (_ logits: Tensor, _ labels: UnsafeBufferPointer<Int32>) throws -> Void = {
            _, _ in
        }
    ) throws -> Evaluation {
        // Between two epochs the network stands as it was evaluated.
        if position.batches > 0 { try prepareEvaluation(train) }
        return try evaluator.evaluate(on: test, looking: look)
    }

    private func evaluateEpoch(
        train: any BatchSource, test: any BatchSource
    ) throws -> Evaluation {
        try prepareEvaluation(train)
        return try evaluator.evaluate(on: test)
    }

    private func prepareEvaluation(_ train: any BatchSource) throws {
        try move(to: .evaluation)
        try fitStatistics(epoch: position.epoch + 1, train)
    }

    // MARK: Saving and going on

    /// Everything that the run goes on from; waits for the device. While an epoch is evaluated it is
    /// the state before that.
    ///
    /// - Parameter metadata: of the weights.
    /// - Throws: ``DivergenceError`` if a parameter, or a loss since the last reading, is not a finite
    ///   number; what the device throws.
    public func state(metadata: [String: String] = [:]) throws -> TrainerState {
        if var state = stateBeforeEvaluation {
            state.weights.metadata = metadata
            return state
        }
        _ = try readLosses()
        // A loss is of the parameters before its step: the last update may have diverged unseen.
        try requireFiniteParameters()
        return TrainerState(
            position: position, weights: try network.weights(metadata: metadata),
            optimizers: try optimizers.map { try $0.state() })
    }

    /// Goes on from a state: the next ``run(train:test:keepsState:onEvent:afterStep:)`` takes the step
    /// that would have followed there.
    ///
    /// - Throws: ``TrainerStateError``, ``ParameterStateError`` or ``WeightsMismatchError`` if the state
    ///   is of another training.
    public func restore(_ state: TrainerState) throws {
        guard state.optimizers.count == optimizers.count else {
            throw TrainerStateError(
                reason: "it has \(state.optimizers.count) groups, not \(optimizers.count)")
        }
        guard state.position.isPossible(losses: network.lossNames.count) else {
            throw TrainerStateError(reason: "its position is impossible")
        }
        try network.load(state.weights)
        for (optimizer, state) in zip(optimizers, state.optimizers) {
            try optimizer.restore(state)
        }
        position = state.position
        stateBeforeEvaluation = nil
    }

    private var isAtLimit: Bool { options.maxSteps.map { position.steps >= $0 } ?? false }

    /// How fast an epoch was trained.
    private struct Speed {
        let imagesPerSecond, waitingShare, seconds: Double
    }

    private func trainEpoch(
        _ source: any BatchSource, _ afterStep: () throws -> Void,
        _ onEvent: (TrainingEvent) throws -> Void
    ) throws -> Speed {
        let start = Date()
        let waitedBefore = source.secondsWaited
        var samples = 0

        func report() throws {
            guard let means = try readLosses() else { return }
            try onEvent(
                .steps(
                    StepReport(
                        epoch: position.epoch, step: position.batches,
                        stepsInEpoch: source.batchCount, losses: means,
                        imagesPerSecond: Double(samples) / Date().timeIntervalSince(start))))
        }

        try source.forEachBatch(epoch: position.epoch, from: position.batches) { images, labels in
            let batch = try network.load(images, labels)
            try network.step(batch: batch, optimizers, losses: losses.next())
            position.steps += 1
            position.batches += 1
            samples += batch
            if losses.isFull { try report() }
            try Task.checkCancellation()
            try afterStep()
            return !isAtLimit
        }
        try report()
        try network.backend.synchronize()
        let seconds = Date().timeIntervalSince(start)
        return Speed(
            imagesPerSecond: Double(samples) / seconds,
            waitingShare: (source.secondsWaited - waitedBefore) / seconds, seconds: seconds)
    }

    /// Reads the losses of the steps since the last reading and adds them to the epoch's; answers
    /// with their means, or nil if there were no steps.
    private func readLosses() throws -> [Float]? {
        let read = try losses.drain()
        guard !read.isEmpty else { return nil }
        var means = [Double](repeating: 0, count: position.lossSums.count)
        for (index, losses) in read.enumerated() {
            for (block, loss) in losses.enumerated() {
                guard loss.isFinite else {
                    throw DivergenceError(
                        quantity: .loss(network.lossNames[block]), epoch: position.epoch,
                        step: position.batches - read.count + index + 1, value: Double(loss))
                }
                position.lossSums[block] += Double(loss)
                means[block] += Double(loss) / Double(read.count)
            }
        }
        return means.map { Float($0) }
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

    /// The losses of an epoch do not show what its last update did, and no output depends on a
    /// block's own loss: the parameters are looked at, too.
    private func requireFinite(_ evaluation: Evaluation) throws {
        guard evaluation.loss <= DivergenceError.hopelessLoss else {
            throw DivergenceError(
                quantity: .loss("test"), epoch: position.epoch, step: position.batches,
                value: evaluation.loss)
        }
        try requireFiniteParameters()
    }

    private func requireFiniteParameters() throws {
        guard network.backend.keepsElements else { return }
        let running = network.parameters.filter { $0.gradient == nil }
            .map { (name: $0.description.name, tensor: $0.value) }
        let names = network.description.blocks.map(\.name) + ["output"]
        let trained = zip(names, network.groups).map { (name: $0, tensor: $1.values) }
        for (name, tensor) in trained + running {
            let values = try network.backend.read(tensor)
            guard let bad = values.first(where: { !$0.isFinite }) else { continue }
            throw DivergenceError(
                quantity: .parameters(name), epoch: position.epoch, step: position.batches,
                value: Double(bad))
        }
    }

    private func move(to point: OptimizerPoint) throws {
        for optimizer in optimizers { try optimizer.move(to: point) }
    }
}
