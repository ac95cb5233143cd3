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
    @OptionGroup var start: InitialWeightsOptions
    @OptionGroup var selection: BackendOptions

    @Option(
        help: """
            Read settings from this file (YAML): the flags of training without their dashes are its \
            keys. Flags and environment variables override it. A run's own config.yaml repeats the run.
            """,
        completion: .configurations, transform: pathArgument)
    var config: String?

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
        help: """
            Go on with this run, in its folder, from its newest checkpoint. Only --epochs, \
            --max-steps, --data-dir and the flags that choose the device may differ from the run's.
            """, completion: .runs, transform: pathArgument)
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
    }

    func run() throws {
        let given = GivenFlags(CommandArguments.behind([Self.configuration.commandName ?? ""]))
        guard let result = try train(given) else { return }
        Console.result(json ? try result.json() : result.line)
    }

    /// Trains as if these arguments stood on the command line, but prints no result.
    ///
    /// - Throws: what the command throws.
    static func train(_ arguments: [String]) throws {
        if let result = try parse(arguments).train(GivenFlags(arguments)) {
            Console.note(result.line)
        }
    }

    /// - Returns: nil for a dry run.
    private func train(_ given: GivenFlags) throws -> RunResult? {
        let settings = try TrainSettings(self, given)
        do {
            return try settings.command.train(settings)
        } catch let error as ConfigurationError where error.path == nil {
            // The data may have refused a value of the file.
            throw settings.placedInFile(error)
        }
    }

    private func train(_ settings: TrainSettings) throws -> RunResult? {
        let (configuration, resumed) = (settings.configuration, settings.resumed)
        if let resumed, !allowChange { try resumed.check(settings.recorded) }
        let run = try TrainingRun(
            configuration, settings.choices, selection,
            TrainingRun.Extras(
                savesBest: saveBestModel, trace: trace, saveEvery: saveEvery, keep: keep,
                maxTime: maxTime?.duration, trackers: try tracking.trackers),
            resumed)
        for line in run.plan { dryRun ? Console.result(line) : Console.note(line) }
        for note in run.notes { Console.note("note     \(note)") }
        if dryRun { return nil }
        let style = try progress.entry
        if let resumed { return try run.goOn(resumed, progress: style) }
        return try run.train(
            name: name ?? configuration.defaultName, in: runsDirectory, progress: style)
    }
}
