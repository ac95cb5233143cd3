import ArgumentParser
import FileFormats
import Reports
import Runs

struct RunsPlot: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plot",
        abstract: "Makes report.html of runs anew, from what their folders hold.",
        discussion: """
            Example: lls runs plot runs/fashionmnist-smallconv-lls/001
            The report is one file that needs no network: open it in any browser.
            """)

    @OptionGroup var place: RunsFolderOptions
    @Flag(help: "Print one JSON object per run.") var json = false
    @Argument(
        help: ArgumentHelp("The runs' folders.", valueName: "run"), completion: .runs,
        transform: pathArgument)
    var names: [String]

    private struct Line: Encodable {
        let run, report: String
    }

    func run() throws {
        for folder in try place.open(names) {
            let contents = try RunContents(folder)
            try RunReport(contents).write()
            for problem in contents.problems {
                Console.note("note: \(folder.path.legible): \(problem)")
            }
            let line = Line(run: folder.path, report: folder.reportFile)
            Console.result(
                json
                    ? try LLSCommands.json(line)
                    : "result run=\(line.run) report=\(line.report)")
        }
    }
}
