import FileFormats
import Runs

/// A run on one page, `report.html`: its curves, its mistakes, what it ran on and how to repeat it.
///
/// The page holds all it shows. It runs no script and asks nothing of any network, so that it can be opened from
/// a disk, sent by mail, and read in ten years. It has less than 2 MB however long the run was.
public struct RunReport: Sendable {
    private let contents: RunContents
    private let summary: RunSummary

    /// Reads what the folder holds; what is missing or damaged is left out of the page, and named there.
    ///
    /// - Throws: ``FileError`` if the folder cannot be listed.
    public init(_ folder: RunFolder) throws { self.init(try RunContents(folder)) }

    public init(_ contents: RunContents) {
        self.contents = contents
        summary = RunSummary(contents)
    }

    /// Writes the page to the run's folder; throws ``FileError``.
    public func write() throws {
        try AtomicFile.write(html.utf8, to: contents.folder.reportFile)
    }

    /// The page.
    public var html: String {
        let curves = RunCurves(contents)
        let mistakes = contents.evaluation.map(MistakeSections.init)
        let filters = contents.evaluation?.filters.flatMap(FilterSheet.init)
        let charts = [curves.top1.figure, curves.loss.figure].joined()
        let setting = RunSetting(contents)
        let speed =
            curves.speed.figure + (curves.learningRate?.figure ?? "")
            + setting.memory(measured: summary.peakBytes)
        let parts = [
            Headline(contents, summary).html,
            "<main>\n",
            section(
                "Curves", id: "curves",
                charts.isEmpty
                    ? "" : "<div class=\"charts\">\n\(charts)</div>\n\(curves.table)"),
            section("Local loss by block", id: "blocks", curves.blocks.html),
            section("Confusion", id: "confusion", mistakes?.html ?? ""),
            section("Worst pictures", id: "worst", mistakes?.worst ?? ""),
            section("First-layer filters", id: "filters", filters?.html ?? ""),
            section(
                "Speed and memory", id: "speed",
                speed.isEmpty ? "" : "<div class=\"charts\">\n\(speed)</div>\n"),
            section("Environment", id: "environment", setting.environment),
            section("Configuration", id: "configuration", setting.configuration),
            section("Command", id: "command", setting.commands),
            "</main>\n",
            setting.footer,
        ]
        return page(title: summary.title, body: parts.joined())
    }
}

extension RunSummary {
    /// `fashionmnist-smallconv-lls/001`: the last two parts of the path.
    var shortName: String {
        let path = FileSystem.resolved(folder.path) ?? folder.path
        return path.pathParts.suffix(2).joined(separator: "/")
    }

    /// Of a browser's tab.
    var title: String {
        (testTop1.map { "\(Figures.fixed($0, 2)) % · " } ?? "") + "\(shortName.legible) · lls"
    }
}
