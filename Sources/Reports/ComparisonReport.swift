import FileFormats
import Foundation
import Runs

/// Several runs on one page: what differs in their configurations, what each has reached, and their curves over
/// each other.
public struct ComparisonReport: Sendable {
    private let runs: [Run]

    private struct Run: Sendable {
        let name: String
        let contents: RunContents
        let summary: RunSummary
        /// One of the eight of the style sheet; from the ninth run on they come again.
        let colour: Int
    }

    /// Curves of more runs could not be told apart, and their page would be too large.
    public static let mostRuns = 24

    /// Reads the runs; of more than ``mostRuns`` the first. Throws ``FileError`` if a folder cannot be listed.
    public init(_ folders: [RunFolder]) throws {
        self.init(try folders.prefix(Self.mostRuns).map { try RunContents($0, with: []) })
    }

    /// The same of runs that were read already.
    public init(_ contents: [RunContents]) {
        let shown = contents.prefix(Self.mostRuns)
        let summaries = shown.map(RunSummary.init)
        let names = Self.names(summaries)
        runs = zip(shown, zip(summaries, names)).enumerated().map { index, run in
            Run(
                name: run.1.1, contents: run.0, summary: run.1.0, colour: index % 8 + 1)
        }
    }

    /// Names that are short and tell the runs apart: the settings in which they differ, or else their numbers,
    /// or else letters.
    private static func names(_ runs: [RunSummary]) -> [String] {
        func tellApart(_ names: [String]) -> Bool {
            Set(names).count == names.count
                && names.allSatisfy { !$0.isEmpty && $0.count <= LineChart.longestLabel }
        }
        let differences = differences(runs.map(\.configuration))
        let settings = runs.indices.map { run in
            differences.map { key, values in
                let value = values[run] ?? "none"
                return Double(value) == nil ? value.legible : "\(key) \(value)"
            }.joined(separator: ", ")
        }
        if tellApart(settings) { return settings }
        let numbers = runs.map(\.shortName.lastPathPart.legible)
        if tellApart(numbers) { return numbers }
        return runs.indices.map { String(Unicode.Scalar(0x41 + UInt8($0 % 26))) }
    }

    /// The keys of the configuration whose values differ, and the values of each run; nil where a run has none.
    public var differences: [(key: String, values: [String?])] {
        Self.differences(runs.map(\.contents.configuration))
    }

    /// The same of any configurations.
    public static func differences(
        _ configurations: [RunConfiguration?]
    ) -> [(key: String, values: [String?])] {
        let settings = configurations.map { $0?.settings }
        return RunConfiguration.CodingKeys.allCases.compactMap { key in
            let values = settings.map { $0?[key] }
            return Set(values).count > 1 ? (key.rawValue, values) : nil
        }
    }

    /// Writes the page to a file; throws ``FileError``.
    public func write(to path: String) throws {
        try AtomicFile.write(html.utf8, to: path)
    }

    /// The page.
    public var html: String {
        let charts = [
            chart("Test accuracy", "top-1, % of the images", .test, percent, \.top1),
            chart("Test loss", "mean cross-entropy", .test, Figures.short, \.loss),
            chart("Training loss", "mean cross-entropy", .train, Figures.short, \.loss),
            chart(
                "Training speed", "images a second", .train, { Figures.fixed($0, 0) },
                \.imagesPerSecond),
        ].joined()
        let body = """
            <header>
            <p class="kicker"><span>Training runs</span></p>
            <h1>\(heading.escaped())</h1>
            \(sentence)</header>
            <main>
            \(section("Results", id: "results", results))\
            \(section("Differences", id: "differences", differenceTable))\
            \(section(
                "Curves", id: "curves",
                charts.isEmpty ? "" : "<div class=\"charts\">\n\(charts)</div>\n"))\
            </main>
            <footer><p>Made by lls on \
            \(Figures.moment(Date().formatted(.iso8601)).escaped())</p></footer>

            """
        return page(title: "\(heading) · lls", body: body)
    }

    private var heading: String { runs.count == 1 ? "1 run" : "\(runs.count) runs compared" }

    /// What all of them have in common.
    private var sentence: String {
        let settings = runs.compactMap { $0.contents.configuration?.settings }
        func common(_ key: RunConfiguration.CodingKeys) -> String? {
            let values = Set(settings.map { $0[key] ?? "" })
            guard values.count == 1, let value = values.first, !value.isEmpty else { return nil }
            return "<b>\(value.escaped(atMost: 80))</b>"
        }
        let parts = [
            common(.model), common(.rule).map { "taught by \($0)" },
            common(.dataset).map { "on \($0)" }, common(.optimizer).map { "with \($0)" },
        ].compactMap { $0 }
        return parts.isEmpty ? "" : "<p class=\"lead\">\(parts.joined(separator: " "))</p>\n"
    }

    private func percent(_ value: Double) -> String { Figures.fixed(value, 2) + " %" }

    // MARK: Tables

    private func swatch(_ run: Run) -> String {
        "<span class=\"swatch\" style=\"background:var(--c\(run.colour))\"></span>"
            + run.name.escaped(atMost: 60)
    }

    private func place(_ run: Run) -> String {
        "<small>\(run.summary.shortName.legible.escaped(atMost: 80))</small>"
    }

    private var results: String {
        let heads = [
            "run", "status", "epochs", "test top-1", "best", "test loss", "images/s", "memory",
            "time",
        ]
        let best = runs.compactMap(\.summary.bestTop1).max()
        let rows = runs.map { run in
            let summary = run.summary
            let planned = run.contents.configuration?.epochs
            let isBest = summary.bestTop1 != nil && summary.bestTop1 == best
            let cells = [
                Figures.whole(summary.epochs) + (planned.map { " of \(Figures.whole($0))" } ?? ""),
                Figures.percent(summary.testTop1), Figures.percent(summary.bestTop1),
                summary.testLoss.map(Figures.short),
                summary.imagesPerSecond.map { Figures.fixed($0, 0) },
                summary.peakBytes.map(Figures.bytes), summary.seconds.map(Figures.duration),
            ].enumerated().map { index, cell in
                let emphasis = isBest && index == 2 ? " differs" : ""
                return "<td class=\"number\(emphasis)\">\((cell ?? "").escaped())</td>"
            }
            return
                "<tr><td>\(swatch(run))\(place(run))</td><td>\(badge(summary.status))</td>\(cells.joined())</tr>\n"
        }
        let head = heads.enumerated().map { index, head in
            "<th\(index > 1 ? " class=\"number\"" : "")>\(head)</th>"
        }
        return """
            <div class="scroll"><table class="runs"><thead><tr>\(head.joined())</tr></thead><tbody>
            \(rows.joined())</tbody></table></div>

            """
    }

    private var differenceTable: String {
        let differences = differences
        guard !differences.isEmpty else {
            return "<p class=\"aside\">The configurations are the same.</p>\n"
        }
        let rows = differences.map { key, values in
            let cells = values.map { "<td>\(($0 ?? "").escaped(atMost: 60))</td>" }
            return "<tr><th scope=\"row\">\(key.escaped())</th>\(cells.joined())</tr>\n"
        }
        return """
            <div class="scroll"><table class="runs"><thead><tr><td></td>\
            \(runs.map { "<th scope=\"col\">\(swatch($0))</th>" }.joined())</tr></thead><tbody>
            \(rows.joined())</tbody></table></div>

            """
    }

    // MARK: Curves

    private func chart(
        _ title: String, _ measure: String, _ split: MetricsRecord.Split,
        _ describe: @escaping (Double) -> String, _ value: (MetricsRecord) -> Double?
    ) -> String {
        LineChart(
            title: title, measure: measure,
            lines: runs.map { run in
                LineChart.Line(
                    name: run.name,
                    points: RunCurves(run.contents).points(split, value)
                        .withExtremes(to: LineChart.mostPoints),
                    colour: run.colour, describe: describe)
            },
            height: 260, mayBeLogarithmic: title.hasSuffix("loss"),
            covering: title == "Training speed" ? [0] : []
        ).figure
    }
}
