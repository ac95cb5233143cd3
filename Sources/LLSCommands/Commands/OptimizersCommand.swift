import ArgumentParser
import LocalLearning
import Profiling

struct OptimizersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "optimizers",
        abstract: "Lists the optimizers.",
        discussion: "Example: lls optimizers ls",
        subcommands: [OptimizersList.self])
}

struct OptimizersList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "Lists all optimizers, and the memory that each needs.",
        discussion: """
            Example: lls optimizers ls --json
            The bytes are those that an optimizer holds for every parameter, besides the parameter and \
            its gradient, which are 4 each.
            """)

    @Flag(help: "Print one JSON object per optimizer.") var json = false

    private struct Line: Encodable {
        let name, summary, source: String
        let bytes_per_parameter: Double
    }

    func run() throws {
        let lines = try Registry.optimizers.map { kind in
            Line(
                name: kind.name, summary: kind.summary, source: kind.source,
                bytes_per_parameter: try kind.bytesPerParameter())
        }
        if json {
            for line in lines { Console.result(try LLSCommands.json(line)) }
            return
        }
        var table = TextTable(["optimizer", "bytes a parameter", "what it is"], numbers: [1])
        for line in lines {
            table.add([
                line.name, line.bytes_per_parameter.fixed(0),
                description(line.summary, line.source),
            ])
        }
        table.lines.forEach(Console.result)
    }
}
