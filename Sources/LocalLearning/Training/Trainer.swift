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
    private let meter: StepMeter
    /// Steps of the epoch under way.
    private var stepsInEpoch = 0
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
        meter = try StepMeter(network, capacity: max(options.reportEvery, 1))
    }

    /// Trains from where the run stands, and evaluates after every epoch. At the end, and in every
    /// `.epoch` event, the parameters stand where they are to be saved, and are finite numbers. An
    /// epoch that diverged has no `.epoch` event, so that what was saved of the one before it is not
    /// overwritten.
    ///
    /// - Parameters:
    ///   - keepsState: whether ``state(metadata:)`` may be asked for while an epoch is evaluated.
    ///   - onEvent: called with what there is to report.
    ///   - look: called with what an epoch's evaluation sees, see ``Evaluator/evaluate(on:looking:)``.
    ///   - afterStep: called after every step, at ``position``; what it throws ends the run there.
    /// - Returns: the last epoch's report; nil after no epoch.
    /// - Throws: ``DivergenceError``; `CancellationError` once the task is cancelled; whatever the
    ///   device, the source or the closures throw. The run can then go on from ``position``.
    public func run(
        train: any BatchSource, test: any BatchSource, keepsState: Bool = false,
        onEvent: (TrainingEvent) throws -> Void = { _ in },
        looking look: (_ logits: Tensor, _ labels: UnsafeBufferPointer<Int32>) throws -> Void = {
            _, _ in
        },
        afterStep: () throws -> Void = {}
    ) throws -> EpochReport? {
        var last: EpochReport?
        while position.epoch <= options.epochs, !isAtLimit {
            let start = Date()
            try move(to: .training)
            let speed = try trainEpoch(train, afterStep, onEvent)
            if keepsState { stateBeforeEvaluation = try state() }

            let evaluation = try evaluateEpoch(train: train, test: test, onEvent, look)
            try requireFinite(evaluation)
            let report = EpochReport(
                epoch: position.epoch, losses: position.meanLosses, top1: position.top1,
                test: evaluation,
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
        try prepareEvaluation(train: train)
        return try evaluator.evaluate(on: test, looking: look)
    }

    /// Sets the parameters and running statistics to those that the run would evaluate at this point.
    ///
    /// - Parameter train: batches for the statistics.
    /// - Throws: whatever the device and the source throw.
    public func prepareEvaluation(train: any BatchSource) throws {
        // Between two epochs the network stands as it was evaluated.
        if position.batches > 0 { try prepareEvaluation(train) { _ in } }
    }

    private func evaluateEpoch(
        train: any BatchSource, test: any BatchSource,
        _ onEvent: (TrainingEvent) throws -> Void,
        _ look: (_ logits: Tensor, _ labels: UnsafeBufferPointer<Int32>) throws -> Void
    ) throws -> Evaluation {
        try prepareEvaluation(train, onEvent)
        var batch = 0
        func show() throws {
            try onEvent(progress(.evaluation, batch, of: test.batchCount))
            batch += 1
        }
        try show()
        return try evaluator.evaluate(on: test) {
            try look($0, $1)
            try show()
        }
    }

    private func prepareEvaluation(
        _ train: any BatchSource, _ onEvent: (TrainingEvent) throws -> Void
    ) throws {
        try move(to: .evaluation)
        try fitStatistics(epoch: position.epoch + 1, train, onEvent)
    }

    private func progress(
        _ phase: TrainingProgress.Phase, _ batch: Int, of batches: Int
    ) -> TrainingEvent {
        .progress(
            TrainingProgress(
                phase: phase, epoch: position.epoch, batch: batch, batches: batches))
    }

    /// The steps since the last report: every step is in one report. Waits for the device.
    ///
    /// Who saves a state in the midst of an epoch calls it before, so that a run that goes on from there
    /// reports what follows.
    ///
    /// - Returns: nil if there was no step.
    /// - Throws: ``DivergenceError``; what the device throws.
    public func reportSteps() throws -> StepReport? {
        try meter.read(into: &position)
        return meter.report(at: position, stepsInEpoch: stepsInEpoch)
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
        try meter.read(into: &position)
        // A loss is of the parameters before its step: the last update may have diverged unseen.
        try requireFiniteParameters()
        return TrainerState(
            position: position, weights: try network.weights(metadata: metadata),
            optimizers: try optimizers.map { try $0.state() })
    }

    /// Goes on from a state: the next ``run(train:test:keepsState:onEvent:looking:afterStep:)`` takes the step
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
        try meter.reset()
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
        let waitedBefore = source.secondsWaited
        stepsInEpoch = source.batchCount
        meter.startEpoch()
        try onEvent(progress(.training, position.batches, of: stepsInEpoch))

        func report() throws {
            if let steps = try reportSteps() { try onEvent(.steps(steps)) }
        }

        try source.forEachBatch(epoch: position.epoch, from: position.batches) { images, labels in
            try meter.step(batch: try network.load(images, labels), optimizers)
            position.steps += 1
            position.batches += 1
            try onEvent(progress(.training, position.batches, of: stepsInEpoch))
            if meter.isFull { try report() }
            try Task.checkCancellation()
            try afterStep()
            return !isAtLimit
        }
        try report()
        try network.backend.synchronize()
        let seconds = meter.seconds
        return Speed(
            imagesPerSecond: meter.imagesPerSecond,
            waitingShare: (source.secondsWaited - waitedBefore) / seconds, seconds: seconds)
    }

    /// The running statistics follow the parameters that were trained on; those that are evaluated
    /// are others (Defazio et al. 2024), so a few training batches are run through them first.
    private func fitStatistics(
        epoch: Int, _ source: any BatchSource, _ onEvent: (TrainingEvent) throws -> Void
    ) throws {
        let batches = min(options.statisticsBatches, source.batchCount)
        guard batches > 0 else { return }
        var batch = 0
        try onEvent(progress(.statistics, batch, of: batches))
        try source.forEachBatch(epoch: epoch) { images, labels in
            try network.updateStatistics(batch: try network.load(images, labels))
            batch += 1
            try onEvent(progress(.statistics, batch, of: batches))
            return batch < batches
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
