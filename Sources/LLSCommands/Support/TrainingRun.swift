import Architectures
import Checkpoints
import Datasets
import FileFormats
import Foundation
import LocalLearning
import Profiling
import Reports
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
    let trainer: Trainer
    /// What the weights are of.
    let card: ModelCard
    let data: TrainingData
    let backend: any Backend
    /// The backend again, where a trace is wanted.
    let timed: TimedDevice?
    let extras: Extras
    let failures = WriteFailures()
    let planned: TrainingPlan
    /// Looks for faster kernels where the device is new, for a few seconds.
    let tune: () throws -> Void

    /// Reads the data, opens the backend and plans the network: all that can be refused is refused
    /// here, before anything is written.
    init(
        _ configuration: RunConfiguration, _ choices: Choices, _ selection: BackendOptions,
        _ extras: Extras, _ resumed: ResumedRun? = nil
    ) throws {
        self.extras = extras
        // A run that goes on has the weights of its checkpoint.
        let initial = try resumed == nil ? configuration.initialWeights.map(SavedWeights.init) : nil
        let newHead = configuration.newHead
        data = try TrainingData(
            configuration, choices, validation: try resumed?.folder.validation()
        ) { data in
            if let initial { return newHead ? data : try initial.labelling(data) }
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
            classWeights: try ClassWeightOption.values(
                configuration.classWeights, for: dataset, limit: configuration.limitTrain))
        let plan = try PlannedTraining(
            description, optimizer: choices.optimizer, batch: configuration.batchSize,
            run: PlannedRun(
                trainSamples: train.sampleCount, testSamples: test.sampleCount,
                testBatch: configuration.testBatchSize, reportEvery: configuration.reportEvery,
                maxSteps: configuration.maxSteps)
        ).plan(on: backend)
        planned = plan
        tune = { [backend] in try selection.tune(backend, for: plan.work.operations) }
        let network = try Activity.show("making \(choices.model.name.legible)") { [backend] _ in
            try Network(
                description, batch: max(configuration.batchSize, configuration.testBatchSize),
                seed: configuration.seed, on: backend)
        }
        var notes = data.notes
        if let initial { notes += try initial.load(into: network, newHead: newHead) }
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
                reportEvery: min(configuration.reportEvery, train.batchCount),
                schedule: choices.schedule))
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
}
