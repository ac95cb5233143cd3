import Architectures
import Checkpoints
import Datasets
import FileFormats
import Foundation
import LocalLearning
import Profiling
import Runs
import Tensors
import Tracking

/// A configured run, from data on disk to a run folder with weights.
struct TrainingRun {
    let configuration: RunConfiguration
    /// What will be done, for people.
    let plan: [String]
    /// What a user might not expect of it.
    let notes: [String]
    private let trainer: Trainer
    /// What the weights are of.
    private let card: ModelCard
    private let data: TrainingData
    private let backend: any Backend
    /// The backend again, where a trace is wanted.
    private let timed: TimedDevice?
    private let extras: Extras
    private let failures = WriteFailures()
    /// Looks for faster kernels where the device is new, for a few seconds.
    private let tune: () throws -> Void

    /// Reads the data, opens the backend and plans the network: all that can be refused is refused
    /// here, before anything is written.
    init(
        _ configuration: RunConfiguration, _ choices: Choices, _ selection: BackendOptions,
        _ extras: Extras, _ resumed: ResumedRun? = nil
    ) throws {
        self.extras = extras
        let initial = try extras.initialWeights.map(SavedWeights.init)
        data = try TrainingData(
            configuration, choices, validation: try resumed?.folder.validation()
        ) { data in
            if let initial { return extras.newHead ? data : try initial.labelling(data) }
            return try resumed?.labelling(data) ?? data
        }
        let configuration = data.configuration
        let (dataset, train, test) = (data.dataset, data.train, data.test)
        self.configuration = configuration
        try resumed?.check(trainSamples: train.sampleCount)
        if let trace = extras.trace { _ = try AtomicFile(trace) }  // refused now, not after hours
        let (device, reason) = try selection.choose(profiling: extras.trace != nil)
        timed = extras.trace == nil ? nil : TimedDevice(device)
        backend = timed?.backend ?? device
        let description = try choices.network(
            configuration, input: train.sampleShape, classes: dataset.classNames.count,
            classWeights: try ClassWeightOption.values(configuration.classWeights, for: dataset))
        let plan = try PlannedTraining(
            description, optimizer: choices.optimizer, batch: configuration.batchSize,
            run: PlannedRun(
                trainSamples: train.sampleCount, testSamples: test.sampleCount,
                testBatch: configuration.testBatchSize, reportEvery: extras.reportEvery,
                maxSteps: configuration.maxSteps)
        ).plan(on: backend)
        tune = { [backend] in try selection.tune(backend, for: plan.work.operations) }
        let network = try Network(
            description, batch: max(configuration.batchSize, configuration.testBatchSize),
            seed: configuration.seed, on: backend)
        var notes = data.notes
        if let initial { notes += try initial.load(into: network, newHead: extras.newHead) }
        var card = ModelCard(
            dataset, model: choices.model.name, rule: choices.rule.name, pooling: choices.pooling,
            version: LLSCommand.version)
        if !Registry.models.contains(where: { $0.name == choices.model.name }) {
            card.network = choices.model.yaml
        }
        self.card = card
        trainer = try Trainer(
            network, optimizer: choices.optimizer,
            OptimizerSettings(configuration),
            TrainingOptions(
                epochs: configuration.epochs, maxSteps: configuration.maxSteps,
                reportEvery: min(extras.reportEvery, train.batchCount), schedule: choices.schedule))
        if let resumed { try trainer.restore(try resumed.checkpoint.state()) }
        self.plan =
            [
                "device   \(backend.name)" + (reason.map { "  (auto: \($0))" } ?? "")
            ] + data.plan + [
                "model    \(choices.model.name)  \(description.trainedCount) parameters  rule \(choices.rule.name)  "
                    + "optimizer \(choices.optimizer.name)  lr \(configuration.lr)",
                "schedule \(choices.scheduleKind.rawValue)  "
                    + choices.schedule.summary(epochs: configuration.epochs),
                "memory   \(megabytes(plan.totalBytes)) planned, of which activations "
                    + megabytes(plan.activationBytes),
            ]
        let rows = LLSMxM.reducedRows(of: choices.model.original, classes: network.classes)
        if let rule = choices.rule as? LLSMxM, rule.isReduced, rows < network.classes {
            notes.append(
                "\(rule.name) has only \(rows) basis vectors for \(network.classes) classes")
        }
        self.notes =
            notes + selection.notes(on: device, plan.work.operations)
            + LLSCommands.notes(
                on: RunContext.effects,
                in: RunContext(choices: choices, epochs: configuration.epochs))
    }

    /// Makes the run's folder, trains, and saves. However it ends, the folder says so.
    ///
    /// - Throws: ``DivergedRun``; ``StoppedRun``; whatever data, device or disk throw.
    func train(name: String, in runs: String, progress: ProgressStyle) throws -> RunResult {
        let folder = try RunFolder.create(
            name: name, in: runs, configuration: configuration,
            arguments: Tracker.withoutCredentials(Environment.arguments), network: card.network)
        if let list = data.dataset.splitList { try folder.write(split: list) }
        let lock = try RunLock(folder)
        try card.write(to: folder.modelFile)
        let recorder = try RunRecorder(
            folder, configuration, lossNames: trainer.network.lossNames, lines: logLines,
            skippedImages: data.skipped?.count, failures)
        return try withExtendedLifetime(lock) { try run(recorder, from: nil, progress) }
    }

    /// Goes on in the folder of a run, from its checkpoint.
    ///
    /// - Throws: as ``train(name:in:progress:)``.
    func goOn(_ resumed: ResumedRun, progress: ProgressStyle) throws -> RunResult {
        let position = trainer.position
        guard position.epoch <= configuration.epochs,
            configuration.maxSteps.map({ position.steps < $0 }) ?? true
        else {
            let isEpochs = position.epoch > configuration.epochs
            throw ConfigurationError(
                key: isEpochs ? "epochs" : "max-steps",
                reason:
                    "the run has taken all of them: raise --\(isEpochs ? "epochs" : "max-steps")")
        }
        try resumed.folder.goOn(
            configuration, arguments: Tracker.withoutCredentials(Environment.arguments))
        let recorder = try RunRecorder(
            resumed.folder, configuration, lossNames: trainer.network.lossNames,
            lines: ["resumed  after step \(position.steps)"] + logLines,
            skippedImages: data.skipped?.count, from: resumed.checkpoint, failures)
        Console.note("resumed  after step \(position.steps), in epoch \(position.epoch)")
        return try withExtendedLifetime(resumed) {
            try run(recorder, from: resumed.checkpoint, progress)
        }
    }

    private var logLines: [String] {
        plan + notes.map { "note     \($0)" }
            + (data.skipped ?? []).map { "left out \($0.path): \($0.reason)" }
    }

    private func run(
        _ recorder: RunRecorder, from checkpoint: Checkpoint?, _ progress: ProgressStyle
    ) throws -> RunResult {
        let start = Date()
        let keeper = CheckpointKeeper(
            CheckpointStore(recorder.folder.checkpoints, keep: extras.keep), extras.saveEvery,
            from: checkpoint, steps: trainer.position.steps, failures)
        var isStopSaved = false
        do {
            do { try train(recorder, keeper, from: checkpoint, progress) } catch let request
                as StopRequest
            {
                isStopSaved = try save(keeper, recorder)
                throw request
            }
            guard let result = try recorder.finish(.completed) else {
                throw ConfigurationError(key: "epochs", reason: "nothing to train")
            }
            try lookAtFailures(keeper, recorder)
            try writeTrace()
            Console.note(
                "done     \(Date().timeIntervalSince(start).fixed(1)) s, of which "
                    + "\((100 * recorder.totals.waitingShare).fixed(1)) % of the steps' time "
                    + "waiting for data")
            return result
        } catch {
            let (status, explained) = explain(error, recorder, isStopSaved ? keeper.newest : nil)
            if status == .failed, let newest = keeper.newest {
                Console.note(
                    "note: go on from step \(newest.position.steps) with: "
                        + recorder.folder.resumeCommand)
            }
            // The first error is the one to tell: a full disk may well let these fail, too.
            _ = try? recorder.finish(status, reason: "\(explained)")
            try? writeTrace()
            throw explained
        }
    }

    private func train(
        _ recorder: RunRecorder, _ keeper: CheckpointKeeper, from checkpoint: Checkpoint?,
        _ progress: ProgressStyle
    ) throws {
        let folder = recorder.folder
        if extras.savesBest { recorder.savesBest = true }
        StopRequest.listen()
        try tune()
        try failures.attempt("env.json") { try folder.write(environment: RunEnvironment(backend)) }
        Console.note("run      \(folder.path)")
        recorder.trackers = TrackerGroup.start(
            extras.trackers, of: folder, configuration, resumedFrom: checkpoint?.position.steps)
        let reporter = ProgressReporter(
            progress, epochs: configuration.epochs, lossNames: trainer.network.lossNames)
        let deadline = extras.maxTime.map { ContinuousClock.now + $0 }
        _ = try trainer.run(
            train: StoppableSource(data.train, until: deadline),
            test: StoppableSource(data.test, until: deadline), keepsState: true
        ) { event in
            reporter.show(event)
            guard case .epoch(let report) = event else { return }
            try recorder.note(report, peakBytes: backend.memoryUse.peak) { epoch, step in
                try save(to: folder.lastWeights, epoch: epoch, step: step)
                if recorder.savesBest, report.test.top1 > recorder.best {
                    try save(to: folder.bestWeights, epoch: epoch, step: step)
                    recorder.best = report.test.top1
                }
            }
            if keeper.isDue(afterEpoch: report.epoch) { try save(keeper, recorder) }
        } afterStep: {
            if keeper.isDue(atStep: trainer.position.steps) { try save(keeper, recorder) }
            try StopRequest.check(deadline)
        }
        // The disk may have room again.
        try recorder.saveWeights { try save(to: folder.lastWeights, epoch: $0, step: $1) }
        if failures.any != nil { try save(keeper, recorder) }
    }

    /// A run whose last state is not on disk says so. It only fails if nothing of it is there.
    private func lookAtFailures(_ keeper: CheckpointKeeper, _ recorder: RunRecorder) throws {
        guard let failure = failures.any else { return }
        let checkpoint = keeper.newest.flatMap { try? Checkpoint(verifying: $0.path) }
        guard checkpoint != nil || FileSystem.exists(recorder.folder.lastWeights) else {
            throw FileError(
                path: recorder.folder.path, operation: "save anything of the run",
                reason: failure.summary, category: .inputOutput)
        }
        let newest = checkpoint.map { "its newest checkpoint is of step \($0.position.steps)" }
        Console.note(
            "note: the folder of the run is incomplete: \(failure.summary); "
                + "\(newest ?? "it has no checkpoint")")
    }

    /// Saves a checkpoint, which never knows of a measurement that is not in the metrics.
    ///
    /// - Returns: whether it is saved.
    @discardableResult
    private func save(_ keeper: CheckpointKeeper, _ recorder: RunRecorder) throws -> Bool {
        guard try recorder.writeMeasurements() else { return false }
        var card = card
        (card.epoch, card.step) = (trainer.position.epoch - 1, trainer.position.steps)
        var values = recorder.values
        values["train_samples"] = Double(data.train.sampleCount)
        return try keeper.save(try trainer.state(metadata: card.metadata), run: values)
    }

    /// How an error ended the run, and what its user is told.
    private func explain(
        _ error: any Error, _ recorder: RunRecorder, _ saved: Checkpoint?
    ) -> (RunOutcome.Status, any Error) {
        switch error {
        case let error as DivergenceError:
            let diverged = DivergedRun(
                divergence: error, configuration: configuration, kept: recorder.kept)
            return (.diverged, diverged)
        case let request as StopRequest:
            let stopped = StoppedRun(
                request: request, checkpoint: saved,
                folder: recorder.folder, kept: recorder.kept)
            return (.stopped, stopped)
        // Training stops at the first bad image; its user hears of all.
        default: return (.failed, data.dataset.explaining(error))
        }
    }

    private func writeTrace() throws {
        guard let timed, let trace = extras.trace else { return }
        try LLSCommands.writeTrace(try timed.spans(), of: backend.name, to: trace)
    }

    /// The weights as they stand, named after the epoch and the step of the run that they are of.
    private func save(to path: String, epoch: Int, step: Int) throws {
        var card = card
        (card.epoch, card.step) = (epoch, step)
        try trainer.network.weights(metadata: card.metadata).write(to: path)
    }
}
