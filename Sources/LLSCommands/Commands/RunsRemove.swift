import ArgumentParser
import FileFormats
import Foundation
import Runs

struct RunsRemove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Deletes runs with all they hold: weights, checkpoints, metrics.",
        discussion: """
            Example: lls runs rm runs/fashionmnist-smallconv-lls/001
            It deletes folders of runs alone, none that a process trains in, and follows no links. If one of \
            several runs cannot be deleted, none is.
            """)

    @OptionGroup var place: RunsFolderOptions
    @Flag(name: [.short, .long], help: "Do not ask.") var yes = false
    @Flag(help: "Print one JSON object.") var json = false
    @Argument(
        help: ArgumentHelp("The runs' folders.", valueName: "run"), completion: .runs,
        transform: pathArgument)
    var names: [String]

    private struct Result: Encodable {
        let removed: [String]
        let freed_bytes: Int
    }

    func run() throws {
        let canAsk = isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1
        guard yes || canAsk else {
            throw ValidationError(
                "nobody can be asked here, for this is not a terminal.\n"
                    + "Give --yes to delete without a question.")
        }
        let removals = try place.find(names).map { try RunRemoval($0) }
        let bytes = removals.map(\.bytes).reduce(0, +)
        if !yes {
            for removal in removals {
                Console.note("\(removal.folder.path.legible)  \(megabytes(removal.bytes))")
            }
            let runs = removals.count == 1 ? "this run" : "these \(removals.count) runs"
            guard Self.confirms("Delete \(runs), \(megabytes(bytes))? [y/N] ") else {
                Console.note("nothing was deleted")
                return
            }
        }
        var freed = 0
        for removal in removals {
            try removal.run(in: place.runsDirectory)
            freed += removal.bytes
            if !json { Console.note("deleted \(removal.folder.path.legible)") }
        }
        let result = Result(removed: removals.map(\.folder.path), freed_bytes: freed)
        Console.result(
            json
                ? try LLSCommands.json(result)
                : "result removed=\(removals.count) freed_bytes=\(freed)")
    }

    /// Whether somebody answers yes.
    private static func confirms(_ question: String) -> Bool {
        let bytes = Array(question.utf8)
        _ = bytes.withUnsafeBytes { FileCalls.system.writeAll(STDERR_FILENO, $0) }
        return ["y", "yes"].contains((readLine() ?? "").lowercased())
    }
}
