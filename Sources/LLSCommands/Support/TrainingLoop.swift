import Checkpoints
import FileFormats
import Foundation
import LocalLearning
import Reports
import Runs
import Tracking

extension TrainingRun {
    /// Trains, and says in the folder how it ended, however that was.
    func run(
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
            try report(recorder.folder)
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
            try? report(recorder.folder)
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
        let environment = RunEnvironmentRecord(
            backend, planned, fingerprint: try data.dataset.fingerprint())
        try failures.attempt("env.json") { try folder.write(environment: environment) }
        Console.note("run      \(folder.path)")
        recorder.trackers = TrackerGroup.start(
            extras.trackers, of: folder, configuration, resumedFrom: checkpoint?.position.steps)
        let reporter = ProgressReporter(
            progress, epochs: configuration.epochs, maxSteps: configuration.maxSteps,
            batchSize: configuration.batchSize, lossNames: trainer.network.lossNames,
            from: TrainingProgress(
                phase: .training, epoch: trainer.position.epoch, batch: trainer.position.batches,
                batches: data.train.batchCount))
        defer { reporter.end() }
        var seen = EvaluationRecord(classes: trainer.network.classes)
        let deadline = extras.maxTime.map { ContinuousClock.now + $0 }
        _ = try trainer.run(
            train: StoppableSource(data.train, until: deadline),
            test: StoppableSource(data.test, until: deadline), keepsState: true
        ) { event in
            reporter.show(event)
            if case .steps(let report) = event { try note(report, recorder) }
            guard case .epoch(let report) = event else { return }
            try recorder.note(report, peakBytes: backend.memoryUse.peak) { epoch, step in
                try save(to: folder.lastWeights, epoch: epoch, step: step)
                if recorder.savesBest, report.test.top1 > recorder.best {
                    try save(to: folder.bestWeights, epoch: epoch, step: step)
                    recorder.best = report.test.top1
                }
            }
            try keep(seen, of: report.epoch, recorder)
            seen = EvaluationRecord(classes: trainer.network.classes)
            if keeper.isDue(afterEpoch: report.epoch) { try save(keeper, recorder) }
        } looking: {
            seen.add(try backend.read($0), $1)
        } afterStep: {
            if keeper.isDue(atStep: trainer.position.steps) { try save(keeper, recorder) }
            try StopRequest.check(deadline)
        }
        // The disk may have room again.
        try recorder.saveWeights { try save(to: folder.lastWeights, epoch: $0, step: $1) }
        if failures.any != nil { try save(keeper, recorder) }
    }

    private func note(_ report: StepReport, _ recorder: RunRecorder) throws {
        try recorder.note(
            report, step: trainer.position.steps, peakBytes: backend.memoryUse.peak)
    }

    /// Writes what the evaluation of an epoch saw.
    private func keep(_ seen: EvaluationRecord, of epoch: Int, _ recorder: RunRecorder) throws {
        let filters = try RunEvaluation.Filters(trainer.network)
        let split = data.dataset.test
        let evaluation = RunEvaluation(
            seen, epoch: epoch, order: data.test.loader.order(epoch: 0), of: split,
            classes: data.dataset.classNames, filters: filters)
        try failures.attempt("evaluation.json") {
            try recorder.folder.write(evaluation: evaluation)
        }
        // A page of many epochs takes half a second.
        if let last = recorder.reported, Date().timeIntervalSince(last) < 5 { return }
        recorder.reported = Date()
        try report(recorder.folder)
    }

    private func report(_ folder: RunFolder) throws {
        try failures.attempt("report.html") { try RunReport(folder).write() }
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
        if let steps = try trainer.reportSteps() { try note(steps, recorder) }
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
