import ArgumentParser
import FileFormats
import Runs

struct RunsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "Lists, shows, compares, draws, removes and sends runs.",
        discussion: "Example: lls runs ls --where rule=LLS --sort best_top1",
        subcommands: [
            RunsList.self, RunsShow.self, RunsCompare.self, RunsPlot.self, RunsRemove.self,
            RunsPush.self,
        ])
}

/// Where runs lie.
struct RunsFolderOptions: ParsableArguments {
    @Option(
        name: [.customLong("runs-dir"), .customLong("save-path")],
        help: "Folder of the runs.", completion: .directory, transform: pathArgument)
    var runsDirectory = "runs"

    /// The runs that a user named, each once, by their paths or by their paths from the folder of runs on.
    ///
    /// - Throws: `FileError` for the first that is no folder.
    func find(_ names: [String]) throws -> [RunFolder] {
        var seen: Set<ByteString> = []
        return try names.map { try RunCollection.find($0, in: runsDirectory) }.filter { folder in
            seen.insert(ByteString(FileSystem.resolved(folder.path) ?? folder.path)).inserted
        }
    }

    /// The same, of which each must have a `config.yaml`.
    ///
    /// - Throws: `FileError` for the first that is no run.
    func open(_ names: [String]) throws -> [RunFolder] {
        try find(names).map { try RunFolder(opening: $0.path) }
    }
}
