import ArgumentParser
import LocalLearning

struct RulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "Lists the learning rules.",
        discussion: "Example: lls rules ls",
        subcommands: [RulesList.self])
}

struct RulesList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "Lists all learning rules, and where their gradients come from.",
        discussion: """
            Example: lls rules ls --json
            A local rule trains each block by a loss of its own, a direct rule by what it makes of the \
            error of the output, a chained rule by the gradient of the block behind it.
            """)

    @Flag(help: "Print one JSON object per rule.") var json = false

    private struct Line: Encodable {
        let name, kind, summary, source: String
    }

    func run() throws {
        let lines = Registry.rules.map { rule in
            let kind =
                switch rule.method {
                case .local: "local"
                case .direct: "direct"
                case .chained: "chained"
                }
            return Line(name: rule.name, kind: kind, summary: rule.summary, source: rule.source)
        }
        if json {
            for line in lines { Console.result(try LLSCommands.json(line)) }
            return
        }
        var table = TextTable(["rule", "kind", "what it is"])
        for line in lines {
            table.add([line.name, line.kind, description(line.summary, line.source)])
        }
        table.lines.forEach(Console.result)
    }
}
