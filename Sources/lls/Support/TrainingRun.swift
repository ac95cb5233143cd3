import Datasets
import FileFormats
import Foundation
import LocalLearning
import OpenCLBackend
import Profiling
import Runs
import Tensors

/// A configured run, from data on disk to a run folder with weights.
struct TrainingRun {
    let configuration: RunConfiguration
    /// What will be done, for people.
    let plan: [String]
    private let trainer: Trainer
    /// What the weights are of.
    private let card: ModelCard
    private let dataset: ImageDataset
    /// Images that were left out; nil where none was to be.
    private let skipped: [BadImage]?
    private let train, test: LoaderSource
    private let backend: any Backend
    /// The backend again, where a trace is wanted.
    private let timed: TimedDevice?
    private let extras: Extras
    /// Looks for faster kernels where the device is new, for a few seconds.
    private let tune: () throws -> Void

    /// What changes no configured value.
    struct Extras {
        var reportEvery = 50
        /// A weights file to start from.
        var initialWeights: String?
        /// Whether the weights of the best test accuracy are kept too.
        var savesBest = false
        /// A file for the times of the device's work.
        var trace: String?
    }

    /// Reads the data, opens the backend and plans the network: all that can be refused is refused
    /// here, before anything is written.
    init(
        _ configuration: RunConfiguration, _ choices: Choices, _ selection: BackendOptions,
        _ extras: Extras
    ) throws {
        self.configuration = configuration
        self.extras = extras
        let initial = try extras.initialWeights.map(SavedWeights.init)
        let loaded = try choices.load(configuration)
        let found = try initial?.labelling(loaded) ?? loaded
        skipped = choices.badImages == .skip ? found.findBadImages() : nil
        let dataset = found.leavingOut(skipped ?? [])
        guard dataset.train.count > 0, dataset.test.count > 0 else {
            throw BadImagesError(skipped ?? [])
        }
        self.dataset = dataset
        train = LoaderSource(
            .training(
                dataset, seed: configuration.seed, batchSize: configuration.batchSize,
                limit: configuration.limitTrain))
        test = LoaderSource(
            .testing(
                dataset, batchSize: configuration.testBatchSize, limit: configuration.limitTest))
        guard train.sampleCount % train.batchSize != 1 else {
            throw ConfigurationError(
                key: "batch-size",
                reason: """
                    \(train.sampleCount) training samples leave a last batch of one, and batch \
                    norm needs more: choose another batch size
                    """)
        }

        if let trace = extras.trace { _ = try AtomicFile(trace) }  // refused now, not after hours
        let device = try selection.open(profiling: extras.trace != nil)
        timed = extras.trace == nil ? nil : TimedDevice(device)
        backend = timed?.backend ?? device
        var planned = PlannedTraining(
            choices.model, rule: choices.rule, optimizer: choices.optimizer,
            input: train.sampleShape, classes: dataset.classNames.count,
            batch: configuration.batchSize)
        planned.run = PlannedRun(
            trainSamples: train.sampleCount, testSamples: test.sampleCount,
            testBatch: configuration.testBatchSize, reportEvery: extras.reportEvery,
            maxSteps: configuration.maxSteps)
        planned.pooling = choices.pooling
        planned.hasDropout = configuration.dropout > 0
        let plan = try planned.plan(on: backend)
        tune = { [backend] in try selection.tune(backend, for: plan.work.operations) }
        let network = try Network(
            choices.model, input: train.sampleShape, classes: dataset.classNames.count,
            batch: max(configuration.batchSize, configuration.testBatchSize), rule: choices.rule,
            settings: LocalLossSettings(
                waveform: choices.waveform,
                crossEntropy: CrossEntropyOptions(
                    temperature: Float(configuration.temperature),
                    labelSmoothing: Float(configuration.labelSmoothing))),
            pooling: choices.pooling, dropout: Float(configuration.dropout),
            seed: configuration.seed, on: backend)
        try initial?.load(into: network, rule: choices.rule)
        card = ModelCard(
            dataset, model: choices.model.name, rule: choices.rule.name, pooling: choices.pooling,
            version: LLSCommand.version)
        trainer = try Trainer(
            network, optimizer: choices.optimizer,
            OptimizerSettings(
                learningRate: configuration.lr, momentum: configuration.momentum,
                weightDecay: configuration.weightDecay, nesterov: configuration.nesterov,
                warmupSteps: configuration.warmupSteps),
            TrainingOptions(
                epochs: configuration.epochs, maxSteps: configuration.maxSteps,
                reportEvery: extras.reportEvery, schedule: choices.schedule))
        let trained = network.groups.map(\.trainedCount).reduce(0, +)
        var lines = [
            "device   \(backend.name)",
            "data     \(dataset.name)  \(dataset.folder)  \(train.sampleCount) train / "
                + "\(test.sampleCount) test, \(dataset.classNames.count) classes",
            "model    \(choices.model.name)  \(trained) parameters  rule \(choices.rule.name)  "
                + "optimizer \(choices.optimizer.rawValue)  lr \(configuration.lr)",
            "schedule \(choices.scheduleName)  "
                + choices.schedule.summary(epochs: configuration.epochs),
            "memory   \(megabytes(plan.totalBytes)) planned, of which activations "
                + megabytes(plan.activationBytes),
        ]
        lines += dataset.notes(
            limitTrain: configuration.limitTrain, limitTest: configuration.limitTest
        ).map { "note     \($0)" }
        let rows = choices.model.reducedRows(classes: network.classes)
        if let rule = choices.rule as? LLSMxM, rule.isReduced, rows < network.classes {
            lines.append(
                "note     \(rule.name) tells \(network.classes) classes apart by "
                    + "\(rows) basis vectors only")
        }
        self.plan = lines
    }

    /// Makes the run's folder, trains, and saves.
    func train(name: String, in runs: String, progress: ProgressStyle) throws -> RunResult {
        let folder = try RunFolder.create(
            name: name, in: runs, configuration: configuration, arguments: Environment.arguments)
        try tune()
        try folder.write(environment: RunEnvironment(backend))
        try card.write(to: folder.modelFile)
        let log = try AppendOnlyFile(folder.logFile)
        for line in plan { try log.append(line: line) }
        for image in skipped ?? [] {
            try log.append(line: "left out \(image.path): \(image.reason)")
        }
        Console.note("run      \(folder.path)")
        let metrics = try MetricsLog(folder)
        let reporter = ProgressReporter(
            progress, epochs: configuration.epochs, lossNames: trainer.network.lossNames)
        let start = Date()
        var steps = 0
        var trainSeconds = 0.0
        var images = 0.0
        var waited = 0.0
        var best = -1.0

        let last = try trainer.run(train: train, test: test) { event in
            reporter.show(event)
            guard case .epoch(let report) = event else { return }
            steps += report.steps
            trainSeconds += report.trainingSeconds
            images += report.imagesPerSecond * report.trainingSeconds
            waited += report.waitingShare * report.trainingSeconds
            for record in records(report, steps: steps, since: start) { try metrics.append(record) }
            try log.append(line: ProgressReporter.summary(report, epochs: configuration.epochs))
            var card = card
            (card.epoch, card.step) = (report.epoch, steps)
            try save(card, to: folder.weights + "/last.safetensors")
            if extras.savesBest, report.test.top1 > best {
                best = report.test.top1
                try save(card, to: folder.weights + "/best.safetensors")
            }
        }
        try metrics.writeTable()
        guard let last else { throw ConfigurationError(key: "epochs", reason: "nothing to train") }
        let result = RunResult(
            epochs: last.epoch, testTop1: last.test.top1, testTop5: last.test.top5,
            testLoss: last.test.loss, imagesPerSecond: images / max(trainSeconds, 1e-9),
            peakBytes: backend.memoryUse.peak, skippedImages: skipped?.count, run: folder.path)
        try folder.write(result: result)
        if let timed, let trace = extras.trace {
            try writeTrace(try timed.spans(), of: backend.name, to: trace)
        }
        Console.note(
            "done     \(Date().timeIntervalSince(start).fixed(1)) s, of which "
                + "\((100 * waited / max(trainSeconds, 1e-9)).fixed(1)) % of the steps' time "
                + "waiting for data")
        return result
    }

    /// Training stops at the first bad image; its user hears of all.
    func explaining(_ error: any Error) -> any Error { dataset.explaining(error) }

    private func save(_ card: ModelCard, to path: String) throws {
        try trainer.network.weights(metadata: card.metadata).write(to: path)
    }

    private func records(
        _ report: EpochReport, steps: Int, since start: Date
    ) -> [MetricsRecord] {
        let seconds = Date().timeIntervalSince(start)
        let losses = zip(trainer.network.lossNames, report.losses).dropLast()
            .map { ($0, Double($1)) }
        return [
            MetricsRecord(
                epoch: report.epoch, step: steps, split: .train,
                loss: Double(report.losses.last ?? .nan), learningRate: report.learningRate,
                imagesPerSecond: report.imagesPerSecond, seconds: seconds,
                peakBytes: backend.memoryUse.peak,
                blockLosses: Dictionary(losses) { first, _ in first }),
            MetricsRecord(
                epoch: report.epoch, step: steps, split: .test, loss: report.test.loss,
                top1: report.test.top1, top5: report.test.top5, seconds: seconds),
        ]
    }
}

/// What a run ran on: `env.json`.
struct RunEnvironment: Encodable {
    let lls = LLSCommand.version
    let backend: String
    /// Which tuning table shaped an OpenCL device's kernels: part of what a run depends on.
    let tuning: String?
    let system = ProcessInfo.processInfo.operatingSystemVersionString
    let processors = ProcessInfo.processInfo.activeProcessorCount

    init(_ backend: any Backend) {
        self.backend = backend.name
        tuning = (backend as? OpenCLBackend)?.tuning.identity
    }
}
