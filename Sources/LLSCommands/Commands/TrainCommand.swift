import ArgumentParser
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

    @Option(
        help: """
            Write the first 262,144 launches to this file, for chrome://tracing or \
            ui.perfetto.dev.
            """,
        completion: .file(), transform: pathArgument)
    var trace: String?

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
        try requireWithinBounds(("classes-per-batch", classesPerBatch))
        _ = try progress.entry
    }

    func run() throws {
        let choices = try Choices(options.configuration)
        var configuration = choices.spelling(options.configuration)
        selection.record(in: &configuration)
        let run = try TrainingRun(
            configuration, choices, selection,
            TrainingRun.Extras(
                reportEvery: options.reportEvery, initialWeights: initialWeights,
                savesBest: saveBestModel, trace: trace))
        for line in run.plan { dryRun ? Console.result(line) : Console.note(line) }
        for note in run.notes { Console.note("note     \(note)") }
        if dryRun { return }
        let result = try run.train(
            name: name ?? configuration.defaultName, in: runsDirectory,
            progress: try progress.entry)
        Console.result(json ? try result.json() : result.line)
    }
}
