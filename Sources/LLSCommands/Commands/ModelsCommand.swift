import ArgumentParser
import LocalLearning

struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "Lists the networks that can be trained.",
        discussion: "Example: lls models ls",
        subcommands: [ModelsList.self])
}

struct ModelsList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "Lists all networks with their sizes.",
        discussion: """
            Example: lls models ls --input 1x28x28
            Parameters are those that training with the rule LLS changes. Multiply–accumulates are those \
            of the forward pass of one image.
            """)

    @Option(help: "Size of an image: CHANNELSxHEIGHTxWIDTH.") var input = "3x32x32"
    @Option(help: "Number of classes.") var classes = 10
    @Flag(help: "Print one JSON object per network.") var json = false

    private struct Line: Encodable {
        let name, summary, source, input: String
        let classes: Int
        /// Nil, like the two below, if the network does not take such images.
        let blocks, parameters, multiply_accumulates: Int?
        let problem: String?
    }

    func validate() throws {
        try requireWithinBounds(("classes", classes))
        _ = try parseExtents(input, flag: "input")
    }

    func run() throws {
        let lines = try Registry.models.map(line)
        if json {
            for line in lines { Console.result(try LLSCommands.json(line)) }
            return
        }
        var table = TextTable(
            ["network", "blocks", "parameters", "multiply–accumulates", "what it is"],
            numbers: [1, 2, 3])
        for line in lines {
            table.add(
                [line.name]
                    + [line.blocks, line.parameters, line.multiply_accumulates].map {
                        $0?.grouped ?? "-"
                    } + [description(line.problem ?? line.summary, line.source)])
        }
        table.lines.forEach(Console.result)
        Console.result(
            "For images of \(input) and \(classes) classes, with the rule LLS; "
                + "multiply–accumulates of the forward pass of one image.")
    }

    private func line(_ model: Architecture) throws -> Line {
        let extents = try parseExtents(input, flag: "input")
        var network: NetworkDescription?
        var problem: String?
        do {
            network = try NetworkDescription(
                model, input: [extents[1], extents[2], extents[0]], classes: classes, rule: LLS())
        } catch {
            problem = error.description
        }
        return Line(
            name: model.name, summary: model.summary, source: model.source, input: input,
            classes: classes, blocks: network?.blocks.count, parameters: network?.trainedCount,
            multiply_accumulates: network?.multiplyAccumulates, problem: problem)
    }
}

/// What an entry of a catalog is, and who published it.
func description(_ summary: String, _ source: String) -> String {
    [summary, source.isEmpty ? "" : "(\(source))"].filter { !$0.isEmpty }.joined(separator: " ")
}
