import ArgumentParser
import FileFormats
import Reports
import Runs

struct RunsCompare: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract:
            "Compares runs: what differs, what each has reached, and their curves in one file.",
        discussion: """
            Example: lls runs compare runs/fashionmnist-smallconv-lls/001 \
            runs/fashionmnist-smallconv-lls/002
            """)

    @OptionGroup var place: RunsFolderOptions
    @Option(
        help: """
            The page with the curves (default: comparison-… in the folder that all these runs lie in).
            """,
        completion: .file(extensions: ["html"]), transform: pathArgument)
    var out: String?
    @Flag(help: "Print one JSON object.") var json = false
    @Argument(
        help: ArgumentHelp("The runs' folders, at least two.", valueName: "run"),
        completion: .runs, transform: pathArgument)
    var names: [String]

    private struct Object: Encodable {
        let runs: [RunSummary]
        /// By key, the values of all runs in their order.
        let differences: [String: [String?]]
        let report: String
    }

    func validate() throws {
        guard names.count > 1 else { throw ValidationError("name at least two runs to compare") }
        guard names.count <= ComparisonReport.mostRuns else {
            throw ValidationError(
                "\(names.count) runs are too many for a page: name at most "
                    + "\(ComparisonReport.mostRuns)")
        }
    }

    func run() throws {
        let folders = try place.open(names)
        guard folders.count > 1 else { throw ValidationError("these are all the same run") }
        let contents = try folders.map { try RunContents($0, with: []) }
        let report = ComparisonReport(contents)
        let path = out ?? Self.standardPath(folders)
        try report.write(to: path)
        let runs = contents.map(RunSummary.init)
        let differences = report.differences
        guard !json else {
            return Console.result(
                try LLSCommands.json(
                    Object(
                        runs: runs,
                        differences: Dictionary(
                            differences.map { ($0.key, $0.values) }
                        ) { first, _ in first },
                        report: path)))
        }
        for line in lines(runs, differences) { Console.result(line) }
        Console.result("result runs=\(runs.count) differences=\(differences.count) report=\(path)")
        for run in runs {
            for problem in run.problems {
                Console.note("note: \(run.folder.path.legible): \(problem)")
            }
        }
    }

    /// A row for each key, a column for each run: the runs are few, and what differs may be much.
    private func lines(
        _ runs: [RunSummary], _ differences: [(key: String, values: [String?])]
    ) -> [String] {
        let letters = runs.indices.map(Self.letter)
        let heading = zip(letters, runs).map { "\($0)  \($1.folder.path.legible)" }
        var table = TextTable([""] + letters)
        func add(_ name: String, _ values: [String?]) {
            guard values.contains(where: { $0 != nil }) else { return }
            table.add([name] + values.map { ($0 ?? "-").legible })
        }
        for (key, values) in differences { add(key, values) }
        add("status", runs.map(\.status.rawValue))
        add("epochs_done", runs.map { "\($0.epochs)" })
        add("test_top1", runs.map { $0.testTop1?.fixed(2) })
        add("best_top1", runs.map { $0.bestTop1?.fixed(2) })
        add("test_top5", runs.map { $0.testTop5?.fixed(2) })
        add("test_loss", runs.map { $0.testLoss?.fixed(4) })
        add("images_per_second", runs.map { $0.imagesPerSecond?.fixed(0) })
        add("peak memory", runs.map { $0.peakBytes.map(megabytes) })
        add("time", runs.map { $0.seconds.map { "\($0.fixed(1)) s" } })
        return heading + [""] + table.lines + [""]
    }

    /// A, B, … Z.
    private static func letter(_ index: Int) -> String {
        Unicode.Scalar(UInt32(UInt8(ascii: "A")) + UInt32(index % 26)).map { String($0) } ?? "?"
    }

    /// `comparison-001-002.html` beside the runs, or, of runs with several names,
    /// `comparison-NAME-001-NAME-002.html` in the folder that all of them lie in.
    private static func standardPath(_ folders: [RunFolder]) -> String {
        let parents = folders.map(\.path.parentFolder)
        var common = parents[0]
        while common != common.parentFolder, !parents.allSatisfy({ $0.isInside(common) }) {
            common = common.parentFolder
        }
        if !parents.allSatisfy({ common == "." ? !$0.isAbsolutePath : $0.isInside(common) }) {
            common = "."
        }
        let depth = common == "." ? 0 : common.pathParts.count
        let names = folders.map { $0.path.pathParts.dropFirst(depth).joined(separator: "-") }
        let whole = "comparison-" + names.joined(separator: "-")
        // A name of a file has 255 bytes at most.
        let name =
            whole.utf8.count < 200
            ? whole : "comparison-" + names[0].prefix(60) + "-and-\(names.count - 1)-more"
        return (common == "." ? "" : common).appending(pathPart: name + ".html")
    }
}
