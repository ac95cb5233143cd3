/// Curves over the same axis, each with its name at its end.
///
/// The drawing is as wide as its place on the page: text keeps its size, and only the curves are stretched.
/// The box of the SVG is the area of the curves; labels of axes and lines stand in the margins around it.
package struct LineChart {
    package struct Line {
        let name: String
        let points: [Point]
        /// One of the eight of the style sheet, counted from 1.
        let colour: Int
        /// Thin and pale, without a name: the noise behind a curve.
        let isFaint: Bool
        /// What is said of a point, after its place.
        let describe: (Double) -> String

        package init(
            name: String, points: [Point], colour: Int, isFaint: Bool = false,
            describe: @escaping (Double) -> String = Figures.short
        ) {
            self.name = name
            self.points = points
            self.colour = colour
            self.isFaint = isFaint
            self.describe = describe
        }
    }

    /// A point that is worth a word.
    struct Mark {
        let point: Point
        let colour: Int
        let text: String
    }

    let title: String
    /// What the curves measure, with its unit; it stands above the axis.
    let measure: String
    /// What the axis below counts: "epoch".
    let along: String
    let lines: [Line]
    var mark: Mark?
    let height: Double
    /// Whether a wide range is drawn by powers of ten.
    let mayBeLogarithmic: Bool
    /// Values that the scale covers besides those of the curves.
    let covering: [Double]
    /// Where the axis below begins and ends; nil takes the ends of the curves.
    let range: ClosedRange<Double>?

    package init(
        title: String, measure: String, along: String = "epoch", lines: [Line],
        height: Double = 220, mayBeLogarithmic: Bool = false, covering: [Double] = [],
        range: ClosedRange<Double>? = nil
    ) {
        self.title = title
        self.measure = measure
        self.along = along
        self.lines = lines
        self.height = height
        self.mayBeLogarithmic = mayBeLogarithmic
        self.covering = covering
        self.range = range
    }

    /// Letters of the name at the end of a line.
    static let longestLabel = 16
    private static let mostDots = 60
    /// Points of a curve that are drawn at most.
    static let mostPoints = 500

    /// The figure; nothing if there is no point to draw.
    package var figure: String {
        let shown = lines.filter { $0.points.contains(where: \.isDrawable) }
        guard !shown.isEmpty else { return "" }
        let points = shown.flatMap(\.points).filter(\.isDrawable)
        let (heights, isCut) = heights(shown).withoutRareExtremes
        let values = heights + covering
        let vertical =
            (mayBeLogarithmic ? Scale(logarithmic: values) : nil) ?? Scale(covering: values)
        let ends = range.map { [$0.lowerBound, $0.upperBound] } ?? points.map(\.x)
        let horizontal = Scale(covering: ends, ticks: 6, least: 1, expands: false)
        let labels = endLabels(shown, vertical)
        let left = margin(vertical.ticks.map(vertical.label), least: 34)
        let right = labels.isEmpty ? 14 : margin(labels.map(\.text), least: 40, letter: 8.6)
        var svg = "<title>\(title.escaped())</title>\n"
        svg += "<desc>\(description(shown).escaped(atMost: 1000))</desc>\n"
        svg += grid(
            vertical, horizontal, left, isCut ? "\(measure); extremes are cut off" : measure)
        svg += curves(shown, vertical, horizontal)
        svg += dots(shown, vertical, horizontal)
        svg += drawn(mark, vertical, horizontal)
        for label in labels {
            svg +=
                "<text class=\"end t\(label.colour)\" x=\"100%\" dx=\"8\" "
                + "y=\"\(coordinate(label.y))\" dy=\".32em\">\(label.text.escaped())</text>\n"
        }
        return """
            <figure class="chart"><figcaption>\(title.escaped())</figcaption>
            <div class="plot" style="padding:26px \(right)px 40px \(left)px">
            <svg role="img" width="100%" height="\(coordinate(height))">
            \(svg)</svg></div></figure>

            """
    }

    /// What the scale must hold: the noise behind a curve is cut off where it would press the curve flat.
    private func heights(_ shown: [Line]) -> [Double] {
        let curves = shown.filter { !$0.isFaint }.flatMap(\.points).filter(\.isDrawable)
        guard let first = curves.map(\.x).min() else {
            return shown.flatMap(\.points).filter(\.isDrawable).map(\.y)
        }
        let noise = shown.filter(\.isFaint).flatMap(\.points)
            .filter { $0.isDrawable && $0.x >= first }
        return (curves + noise).map(\.y)
    }

    // MARK: Parts

    private func grid(
        _ vertical: Scale, _ horizontal: Scale, _ left: Int, _ measure: String
    ) -> String {
        var text = "<text class=\"measure\" x=\"\(-left)\" y=\"-13\">\(measure.escaped())</text>\n"
        for tick in vertical.ticks {
            let y = coordinate(height * (1 - vertical.position(tick)))
            text += "<line class=\"grid\" x2=\"100%\" y1=\"\(y)\" y2=\"\(y)\"/>"
            text +=
                "<text class=\"tick\" x=\"-8\" y=\"\(y)\" dy=\".32em\" text-anchor=\"end\">"
                + "\(vertical.label(tick).escaped())</text>\n"
        }
        let bottom = coordinate(height)
        text += "<line class=\"axis\" x2=\"100%\" y1=\"\(bottom)\" y2=\"\(bottom)\"/>\n"
        for tick in horizontal.ticks {
            let x = share(horizontal.position(tick))
            text +=
                "<line class=\"axis\" x1=\"\(x)\" x2=\"\(x)\" y1=\"\(bottom)\" "
                + "y2=\"\(coordinate(height + 4))\"/>"
            text +=
                "<text class=\"tick\" x=\"\(x)\" y=\"\(coordinate(height + 17))\" "
                + "text-anchor=\"middle\">\(horizontal.label(tick).escaped())</text>\n"
        }
        text +=
            "<text class=\"measure\" x=\"100%\" y=\"\(coordinate(height + 34))\" "
            + "text-anchor=\"end\">\(along.escaped())</text>\n"
        return text
    }

    private func curves(_ shown: [Line], _ vertical: Scale, _ horizontal: Scale) -> String {
        let paths = shown.map { line in
            let d = path(
                line.points, x: { 1000 * horizontal.position($0) },
                y: { height * (1 - vertical.position($0)) })
            let name = line.name.escaped()
            return "<path class=\"\(line.isFaint ? "faint" : "line") s\(line.colour)\" "
                + "d=\"\(d)\"><title>\(name)</title></path>\n"
        }
        return """
            <svg class="curves" width="100%" height="\(coordinate(height))" \
            viewBox="0 0 1000 \(coordinate(height))" preserveAspectRatio="none">
            \(paths.joined())</svg>

            """
    }

    /// One for each value that a pointer can rest on, and a cross where there was none to draw.
    private func dots(_ shown: [Line], _ vertical: Scale, _ horizontal: Scale) -> String {
        shown.filter { !$0.isFaint }.map { line in
            let hasDots = line.points.count <= Self.mostDots
            return line.points.filter { Scale.holds($0.x) }.map { point in
                let x = share(horizontal.position(point.x))
                let place = "\(line.name), \(along) \(Figures.compact(point.x))"
                guard point.isDrawable else {
                    return "<text class=\"cross t\(line.colour)\" x=\"\(x)\" y=\"8\" "
                        + "text-anchor=\"middle\">×<title>"
                        + "\("\(place): not a finite number".escaped())</title></text>\n"
                }
                guard hasDots else { return "" }
                let y = coordinate(height * (1 - vertical.position(point.y)))
                let text = "\(place): \(line.describe(point.y))"
                return "<circle class=\"dot f\(line.colour)\" cx=\"\(x)\" cy=\"\(y)\" r=\"2.6\">"
                    + "<title>\(text.escaped())</title></circle>\n"
            }.prefix(Self.mostPoints).joined()
        }.joined()
    }

    private func drawn(_ mark: Mark?, _ vertical: Scale, _ horizontal: Scale) -> String {
        guard let mark, mark.point.isDrawable else { return "" }
        let position = horizontal.position(mark.point.x)
        let y = height * (1 - vertical.position(mark.point.y))
        let anchor = position > 0.65 ? "end" : position < 0.35 ? "start" : "middle"
        return "<circle class=\"ring s\(mark.colour)\" cx=\"\(share(position))\" "
            + "cy=\"\(coordinate(y))\" r=\"5.5\"/>"
            + "<text class=\"note\" x=\"\(share(position))\" y=\"\(coordinate(y - 11))\" "
            + "text-anchor=\"\(anchor)\">\(mark.text.escaped())</text>\n"
    }

    // MARK: Labels

    private struct EndLabel {
        let text: String
        let colour: Int
        var y: Double
    }

    /// Names at the height of the last points, moved apart where they would lie on each other.
    private func endLabels(_ shown: [Line], _ vertical: Scale) -> [EndLabel] {
        var labels: [EndLabel] = shown.filter { !$0.isFaint }.compactMap { line in
            guard let last = line.points.last(where: \.isDrawable) else { return nil }
            return EndLabel(
                text: line.name.clipped(to: Self.longestLabel), colour: line.colour,
                y: height * (1 - vertical.position(last.y)))
        }.sorted { $0.y < $1.y }
        let gap = 15.0
        for index in labels.indices.dropFirst() {
            labels[index].y = max(labels[index].y, labels[index - 1].y + gap)
        }
        // Back up from the bottom, if they were pushed below it.
        var limit = height + 4
        for index in labels.indices.reversed() {
            labels[index].y = min(labels[index].y, limit)
            limit = labels[index].y - gap
        }
        return labels
    }

    /// Pixels for these texts, which nobody can measure here.
    private func margin(_ texts: [String], least: Int, letter: Double = 6.9) -> Int {
        let longest = texts.map { $0.unicodeScalars.count }.max() ?? 0
        return max(least, 14 + Int(letter * Double(longest)))
    }

    /// The curves in words.
    private func description(_ shown: [Line]) -> String {
        let ends = shown.filter { !$0.isFaint }.prefix(8).compactMap { line -> String? in
            guard let first = line.points.first(where: \.isDrawable),
                let last = line.points.last(where: \.isDrawable)
            else { return nil }
            return "\(line.name) from \(line.describe(first.y)) to \(line.describe(last.y))"
        }
        return ends.joined(separator: "; ")
    }
}
