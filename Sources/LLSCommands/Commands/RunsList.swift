import ArgumentParser
import FileFormats
import Runs

struct RunsList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "Lists all runs, damaged ones among them.",
        discussion: """
            Example: lls runs ls --where rule=LLS --where 'lr<0.01' --sort best_top1
            A run's status is running if a live process trains in its folder, and unknown if nothing says how \
            it ended. Runs can be sorted and chosen by the keys of config.yaml and by these: \
            \(RunSummary.ResultKey.allCases.map(\.rawValue).joined(separator: ", ")).
            """)

    @OptionGroup var place: RunsFolderOptions
    @Option(
        help: ArgumentHelp(
            "Sort by this key, the smallest value first.", valueName: "key"),
        completion: .list(RunSummary.keys))
    var sort = "date"
    @Flag(help: "The other way round.") var reverse = false
    @Option(
        name: .customLong("where"),
        help: ArgumentHelp(
            "Only runs of which this holds; may be repeated. Comparisons: =, !=, <, >, <=, >=.",
            valueName: "key=value"),
        completion: .list(RunSummary.keys.map { $0 + "=" }))
    var conditions: [String] = []
    @Flag(help: "Print one JSON object per run.") var json = false

    func validate() throws {
        _ = try conditions.map(Self.condition)
        _ = try key()
    }

    func run() throws {
        let folders: [RunFolder]
        if FileSystem.exists(place.runsDirectory) {
            folders = try RunCollection.folders(in: place.runsDirectory)
        } else {
            guard place.runsDirectory == "runs" else {
                throw FileError(
                    path: place.runsDirectory, operation: "list the runs",
                    reason: "there is no such folder", category: .missingInput)
            }
            // Nobody has trained here yet.
            folders = []
        }
        let conditions = try conditions.map(Self.condition)
        var runs = folders.map(Self.summary).filter { run in
            conditions.allSatisfy { $0.holds(for: run) }
        }.sorted(by: try key())
        if reverse { runs.reverse() }
        if json {
            for run in runs { Console.result(try LLSCommands.json(run)) }
        } else {
            show(runs, of: folders.count)
        }
    }

    private func key() throws -> String {
        do { return try RunCondition.key(sort) } catch {
            throw ValidationError(
                "--sort: \(error)\nKnown: \(RunSummary.keys.joined(separator: ", "))")
        }
    }

    private static func condition(_ text: String) throws -> RunCondition {
        do { return try RunCondition(text) } catch {
            throw ValidationError("--where: \(error)")
        }
    }

    /// A folder that cannot even be listed is a run too, with this problem.
    private static func summary(_ folder: RunFolder) -> RunSummary {
        do { return RunSummary(try RunContents(folder, with: [])) } catch {
            return RunSummary(unreadable: folder, problem: "\(error)")
        }
    }

    private func show(_ runs: [RunSummary], of count: Int) {
        guard !runs.isEmpty else {
            let reason = count == 0 ? "there are no runs" : "none of the \(count) runs is chosen"
            return Console.note("\(place.runsDirectory.legible): \(reason)")
        }
        var table = TextTable(
            [
                "run", "status", "epochs", "best", "last", "rule", "model", "data set", "images/s",
                "started",
            ], numbers: [2, 3, 4, 8])
        for run in runs {
            let configuration = run.configuration
            table.add([
                run.folder.path.legible, run.status.rawValue,
                "\(run.epochs)" + (configuration.map { "/\($0.epochs)" } ?? ""),
                run.bestTop1?.fixed(2) ?? "", run.testTop1?.fixed(2) ?? "",
                configuration?.rule.legible ?? "", configuration?.model.lastPathPart.legible ?? "",
                configuration?.dataset.legible ?? "", run.imagesPerSecond?.fixed(0) ?? "",
                run.date.map(moment) ?? "",
            ])
        }
        for line in table.lines { Console.result(line) }
        for run in runs {
            for problem in run.problems {
                Console.note("note: \(run.folder.path.legible): \(problem)")
            }
        }
    }
}

/// `2026-11-30 20:13` of ISO 8601 in UTC.
func moment(_ date: String) -> String {
    String(date.replacing("T", with: " ").prefix(16)).legible
}
