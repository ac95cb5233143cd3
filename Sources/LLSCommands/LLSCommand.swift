import ArgumentParser
import FileFormats
import Foundation
import Suggestions

/// The commands, and what happens around them.
struct LLSCommand: ParsableCommand {
    static let version = "0.1.0"

    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: Registry.programName,
            abstract: "Trains image classifiers without backpropagation, on any OpenCL device.",
            discussion: """
                Example: \(Registry.programName) train --dataset FashionMNIST --epochs 5
                With no flags at all, 'train' trains LLS_SmallConv on Fashion-MNIST for 5 epochs.
                """,
            version: VersionText.ifAsked,
            subcommands: [
                TrainCommand.self, EvalCommand.self, PredictCommand.self, ExportCommand.self,
                ImportCommand.self,
                InspectCommand.self, DevicesCommand.self, SelfTestCommand.self,
                ConformanceCommand.self, ProfileCommand.self, TuneCommand.self, BenchCommand.self,
                DataCommand.self, ModelsCommand.self, RulesCommand.self, OptimizersCommand.self,
                ConfigCommand.self, RunsCommand.self, ReproduceCommand.self, DoctorCommand.self,
            ])
    }

    /// Runs the command that the process was started with, and ends the process.
    static func run(_ commandLine: LLSCommandLine) -> Never {
        keepStandardStreamsOpen()
        ProgramStart.mark()
        Signals.prepare()
        do { try Registry.set(commandLine) } catch {
            Foundation.exit(report(error)?.rawValue ?? ExitStatus.badConfiguration.rawValue)
        }
        let arguments = CommandArguments.joiningNegativeNumbers(
            Array(Environment.arguments.dropFirst()))
        if asksForJSON(arguments) { Console.speakJSON() }
        let status = outcome(of: arguments)
        // A driver that lost its device may wait for it at the end.
        if status == ExitStatus.deviceUnavailable.rawValue { _exit(status) }
        Foundation.exit(status)
    }

    /// Runs the command, says what went wrong, and answers with the status to exit by.
    private static func outcome(of arguments: [String]) -> Int32 {
        var status: Int32 = 0
        var isExplained = false
        do {
            try CommandArguments.checkCommands(arguments, root: self)
            var command = try parseAsRoot(arguments)
            try EnvironmentCheck.run()
            DeviceTimeout.start()
            try command.run()
        } catch {
            (status, isExplained) = explain(error, arguments)
        }
        // Lost results are worse news than a verdict that nobody could read.
        guard let failure = Console.failure else { return status }
        if !isExplained { Console.error("\(failure)", status: failure.category.exitCode) }
        return isExplained ? status : failure.category.exitCode
    }

    /// Prints what an error says: help and the like are results, everything else is talk.
    private static func explain(
        _ error: any Error, _ arguments: [String]
    ) -> (status: Int32, isExplained: Bool) {
        if let status = report(error) { return (status.rawValue, true) }
        let status = exitCode(for: error).rawValue
        if status == 0 {
            let text = fullMessage(for: error)
            if !text.isEmpty { Console.result(text) }
            return (0, false)
        }
        // A verdict, which the command has printed.
        if error is ExitCode { return (status, false) }
        if status == ExitStatus.usage.rawValue {
            // A default that comes from the environment is not on the command line.
            do { try EnvironmentCheck.run() } catch {
                return (report(error)?.rawValue ?? status, true)
            }
        }
        // At most two lines, and where to read more.
        let lines = CommandArguments.withoutFarGuess(message(for: error)).split(separator: "\n")
        let text = ([lines.first ?? ""] + [lines.dropFirst().joined(separator: " ")[...]])
            .filter { !$0.isEmpty }.joined(separator: "\n")
        let hint = "\nSee '\(commandName(in: arguments)) --help'."
        Console.error(
            text + (status == ExitStatus.usage.rawValue ? hint : ""), status: status)
        return (status, true)
    }

    /// The command that the arguments begin with: `lls data get`.
    private static func commandName(in arguments: [String]) -> String {
        var words = [Registry.programName]
        var commands = configuration.subcommands
        for argument in arguments {
            guard let command = commands.first(where: { $0._commandName == argument }) else {
                break
            }
            words.append(argument)
            commands = command.configuration.subcommands
        }
        return words.joined(separator: " ")
    }

    /// Whether standard error is to hold JSON, from the first line on: errors of other arguments are
    /// found before this one's value is known.
    private static func asksForJSON(_ arguments: [String]) -> Bool {
        zip(arguments, arguments.dropFirst() + [""]).contains { argument, next in
            let words = argument.split(separator: "=", maxSplits: 1).map(String.init)
            guard words.first == "--progress" else { return false }
            return plainName(words.count > 1 ? words[1] : next) == "json"
        }
    }
}
