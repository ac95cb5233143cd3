import ArgumentParser
import FileFormats
import Foundation
import LocalLearning
import Runs

struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Trains a network.",
        discussion: "Example: lls train --dataset FashionMNIST --waveform square --epochs 5")

    @OptionGroup var options: TrainOptions
    @OptionGroup var selection: BackendOptions

    @Option(
        name: [.customLong("runs-dir"), .customLong("save-path")],
        help: "Folder in which run folders are created.", completion: .directory,
        transform: pathArgument)
    var runsDirectory = "runs"

    @Option(
        name: [.customLong("name"), .customLong("experiment-name")],
        help: "Name of the run (default: data set, model and rule).")
    var name: String?

    @Option(help: "Progress display; json prints one object per line.")
    var progress = Named<Cases<ProgressStyle>>("auto")

    @Option(
        name: .customLong("init"), help: "Weights file or run folder to start from.",
        completion: .file(), transform: pathArgument)
    var initialWeights: String?

    @Flag(
        help: """
            With --init: take the layers of the weights, and begin with a new classifier for the \
            classes of the data.
            """)
    var newHead = false

    @Option(
        help: """
            Go on with this run, in its folder, from its newest checkpoint. Only --epochs, \
            --max-steps, --data-dir and the flags that choose the device may differ from the run's.
            """, completion: .directory, transform: pathArgument)
    var resume: String?

    @Flag(help: "With --resume: accept flags that change what is computed.")
    var allowChange = false

    @Option(
        help: """
            When to save checkpoints: so many epochs (1e), steps (500s) or minutes (10m), with commas \
            between them; off for none.
            """)
    var saveEvery = SaveInterval.standard

    @Option(help: "Checkpoints to keep.")
    var keep = 2

    @Option(help: "Save a checkpoint and stop after this time: 90s, 30m or 2h.")
    var maxTime: TimeLimit?

    @Option(
        help: """
            Write the first 262,144 launches to this file, for chrome://tracing or \
            ui.perfetto.dev.
            """,
        completion: .file(), transform: pathArgument)
    var trace: String?

    @OptionGroup var tracking: TrackOptions

    @Flag(help: "Also keep the weights of the best test accuracy.")
    var saveBestModel = false

    @Option(help: "Ignored; accepted for compatibility with the published script.")
    var classesPerBatch: Int?

    @Flag(help: "Ignored; peak memory is always recorded.")
    var recordGpuMem = false

    @Flag(help: "Print the plan, but do not train.")
    var dryRun = false

    @Flag(help: "Print the result as a JSON object.")
    var json = false

    func validate() throws {
        try requireWithinBounds(("classes-per-batch", classesPerBatch), ("keep", keep))
        _ = try progress.entry
        if allowChange, resume == nil {
            throw ValidationError("--allow-change has no effect without --resume")
        }
        if newHead, initialWeights == nil {
            throw ValidationError("--new-head has no effect without --init")
        }
    }

    func run() throws {
        guard let resume else { return try train(nil) }
        let arguments = CommandArguments.joiningNegativeNumbers(
            Array(
                Environment.arguments.dropFirst()
                    .drop { $0 != Self.configuration.commandName }.dropFirst()))
        let given = CommandArguments.flags(in: arguments)
        for flag in ["name", "experiment-name", "runs-dir", "save-path", "init", "new-head"]
        where given.contains(flag) {
            throw ValidationError("--\(flag) has no effect with --resume")
        }
        let resumed = try ResumedRun(opening: resume)
        try Self.parse(resumed.arguments(besides: given) + arguments).train(resumed)
    }

    /// The network of the weights to start from, unless another is named.
    private func adoptedModel() throws -> Architecture? {
        let given = CommandArguments.flags(in: Environment.arguments)
        guard let initialWeights, !given.contains("model") else { return nil }
        let weights = try SavedWeights(initialWeights)
        return try weights.architecture ?? weights.card?.model.map(ModelNames.entry)
    }

    private func train(_ resumed: ResumedRun?) throws {
        let choices = try Choices(options.configuration, architecture: try adoptedModel())
        var configuration = choices.spelling(options.configuration)
        selection.record(in: &configuration)
        configuration.classWeights = try ClassWeightOption.settled(configuration.classWeights)
        if let resumed {
            // A network that came from a file lies in the run's folder, and is named by its path.
            if ModelNames.isFile(resumed.configuration.model) {
                configuration.model = options.model.text
            }
            if !allowChange { try resumed.check(configuration) }
        }
        let run = try TrainingRun(
            configuration, choices, selection,
            TrainingRun.Extras(
                reportEvery: options.reportEvery, initialWeights: initialWeights, newHead: newHead,
                savesBest: saveBestModel, trace: trace, saveEvery: saveEvery, keep: keep,
                maxTime: maxTime?.duration, trackers: try tracking.trackers),
            resumed)
        for line in run.plan { dryRun ? Console.result(line) : Console.note(line) }
        for note in run.notes { Console.note("note     \(note)") }
        if dryRun { return }
        let style = try progress.entry
        let result =
            if let resumed {
                try run.goOn(resumed, progress: style)
            } else {
                try run.train(
                    name: name ?? configuration.defaultName, in: runsDirectory, progress: style)
            }
        Console.result(json ? try result.json() : result.line)
    }
}
