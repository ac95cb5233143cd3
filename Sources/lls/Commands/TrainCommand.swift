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
        help: "Where run folders are made.")
    var runsDirectory = "runs"

    @Option(
        name: [.customLong("name"), .customLong("experiment-name")],
        help: "The run's name; default: data set, model and rule.")
    var name: String?

    @Option(help: "auto, bar, plain, json or none.")
    var progress = ProgressStyle.auto

    @Flag(help: "Print the plan; train nothing.")
    var dryRun = false

    @Flag(help: "The result as a JSON object.")
    var json = false

    func run() throws {
        let choices = try Choices(options.configuration)
        var configuration = choices.spelling(options.configuration)
        selection.record(in: &configuration)
        let run = try TrainingRun(
            configuration, choices, selection, reportEvery: options.reportEvery)
        if dryRun {
            for line in run.plan { Console.result(line) }
            return
        }
        for line in run.plan { Console.note(line) }
        let result = try run.train(
            name: name ?? configuration.defaultName, in: runsDirectory, progress: progress)
        Console.result(json ? try result.json() : result.line)
    }
}
