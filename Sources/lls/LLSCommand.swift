import ArgumentParser
import Foundation

@main
struct LLSCommand: ParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "lls",
        abstract: "Trains image classifiers without backpropagation, on any OpenCL device.",
        discussion: """
            Example: lls train --dataset FashionMNIST --model LLS_SmallConv --epochs 5
            With no flags at all, 'lls train' trains LLS_SmallConv on Fashion-MNIST for 5 epochs.
            """,
        version: version,
        subcommands: [
            TrainCommand.self, EvalCommand.self, DevicesCommand.self, SelfTestCommand.self,
            ConformanceCommand.self, ProfileCommand.self, TuneCommand.self, BenchCommand.self,
            DataCommand.self,
        ])

    static func main() {
        ProgramStart.mark()
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            if let status = report(error) { Foundation.exit(status.rawValue) }
            exit(withError: error)
        }
    }
}
