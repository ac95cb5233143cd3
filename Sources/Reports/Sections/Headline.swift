import FileFormats
import Runs

/// What a run is and what it has reached, in large letters.
struct Headline {
    private let contents: RunContents
    private let summary: RunSummary

    init(_ contents: RunContents, _ summary: RunSummary) {
        self.contents = contents
        self.summary = summary
    }

    var html: String {
        let parts = summary.shortName.pathParts
        let name = parts.dropLast().last ?? ""
        let number = parts.last ?? ""
        return """
            <header>
            <p class="kicker"><span>Training run</span>\(badge(summary.status))</p>
            <h1>\(name.legible.escaped(atMost: 80))\
            <span class="number">\(number.legible.escaped(atMost: 80))</span></h1>
            \(sentence)\(reason)\(tiles)\(problems)</header>

            """
    }

    private var sentence: String {
        guard let configuration = contents.configuration else { return "" }
        func strong(_ text: String) -> String { "<b>\(text.escaped(atMost: 80))</b>" }
        let model =
            configuration.model.contains("/")
            ? configuration.model.lastPathPart : configuration.model
        let data =
            configuration.dataset.hasPrefix("folder:")
            ? configuration.dataset.lastPathPart : configuration.dataset
        return "<p class=\"lead\">\(strong(model)) taught by \(strong(configuration.rule)) on "
            + "\(strong(data)) with \(strong(configuration.optimizer))</p>\n"
    }

    private var reason: String {
        guard let reason = summary.reason else { return "" }
        let lines = reason.split(separator: "\n").prefix(4).map { String($0).escaped(atMost: 300) }
        return "<p class=\"reason\">\(lines.joined(separator: "<br>"))</p>\n"
    }

    private var tiles: String {
        func best() -> String? {
            guard let best = summary.bestTop1, let epoch = summary.bestEpoch,
                best != summary.testTop1
            else { return summary.testTop1 == nil ? nil : "the best of all epochs" }
            return "best \(Figures.fixed(best, 2)) % after epoch \(Figures.whole(epoch))"
        }
        let planned = contents.configuration.map { "of \(Figures.whole($0.epochs))" }
        var tiles: [(String, String?, String?)] = [
            ("test top-1", Figures.percent(summary.testTop1), best()),
            (
                "test loss", summary.testLoss.map(Figures.short),
                summary.testTop5.map { "top-5 \(Figures.fixed($0, 2)) %" }
            ),
            ("epochs", Figures.whole(summary.epochs), planned),
            (
                "images a second", summary.imagesPerSecond.map { Figures.fixed($0, 0) },
                summary.seconds.map { "\(Figures.duration($0)) in all" }
            ),
            ("peak memory", summary.peakBytes.map(Figures.bytes), "of the device"),
        ]
        if summary.epochs == 0, let step = contents.steps.last {
            tiles[0] = ("train loss", Figures.short(step.loss), "step \(Figures.whole(step.step))")
        }
        let shown = tiles.compactMap { name, value, note in
            value.map {
                "<div><dt>\(name)</dt><dd>\($0.escaped())"
                    + "<small>\((note ?? "").escaped())</small></dd></div>"
            }
        }
        return "<dl class=\"tiles\">\(shown.joined(separator: "\n"))</dl>\n"
    }

    private var problems: String {
        guard !contents.problems.isEmpty else { return "" }
        let lines = contents.problems.prefix(8).map { "<li>\($0.escaped(atMost: 300))</li>" }
        return """
            <div class="problems" role="note"><p>Some of the run’s files cannot be read:</p>
            <ul>\(lines.joined())</ul></div>

            """
    }
}

/// Status in a word and a sign, not in colour alone.
func badge(_ status: RunSummary.Status) -> String {
    let sign =
        switch status {
        case .running: "●"
        case .completed: "✓"
        case .stopped: "■"
        case .diverged: "↗"
        case .failed: "✕"
        case .unknown: "?"
        }
    return "<span class=\"badge \(status.rawValue)\"><span aria-hidden=\"true\">\(sign)</span> "
        + "\(status.rawValue)</span>"
}
