/// The local loss of each block over time, a panel a block: its own curve drawn strongly over those of all
/// others, so that each can be compared with the rest.
struct BlockPanels {
    let blocks: [(name: String, points: [Point])]
    var along = "epoch"

    static let mostBlocks = 64
    private static let mostPoints = 250
    private static let height = 84.0

    /// The panels; nothing without a point to draw.
    var html: String {
        let shown = blocks.prefix(Self.mostBlocks).map { block in
            (name: block.name, points: block.points.withExtremes(to: Self.mostPoints))
        }.filter { $0.points.contains(where: \.isDrawable) }
        guard !shown.isEmpty else { return "" }
        let points = shown.flatMap(\.points).filter(\.isDrawable)
        let values = points.map(\.y).withoutRareExtremes.values
        let vertical =
            Scale(logarithmic: values) ?? Scale(covering: values, ticks: 3)
        let horizontal = Scale(covering: points.map(\.x), least: 1, expands: false)
        let paths = shown.enumerated().map { index, block in
            let d = path(
                block.points, x: { 1000 * horizontal.position($0) },
                y: { Self.height * (1 - vertical.position($0)) })
            return "<path id=\"block\(index)\" d=\"\(d)\"/>\n"
        }
        let panels = shown.enumerated().map { index, block in
            panel(index, block.name, block.points, shown.count, vertical, horizontal)
        }
        let left = blocks.count - shown.count
        let note = left > 0 ? "<p class=\"aside\">\(left) more blocks are not shown.</p>\n" : ""
        return """
            <svg class="store" aria-hidden="true" width="0" height="0"><defs>
            \(paths.joined())</defs></svg>
            <div class="panels">
            \(panels.joined())</div>
            \(note)
            """
    }

    private func panel(
        _ index: Int, _ name: String, _ points: [Point], _ count: Int, _ vertical: Scale,
        _ horizontal: Scale
    ) -> String {
        let height = Self.height
        let drawable = points.filter(\.isDrawable)
        let (first, last) = (drawable.first?.y ?? .nan, drawable.last?.y ?? .nan)
        let words = "\(name): from \(Figures.short(first)) to \(Figures.short(last))"
        var grid = ""
        for tick in [vertical.ticks.first, vertical.ticks.last].compactMap({ $0 }) {
            let y = coordinate(height * (1 - vertical.position(tick)))
            grid += "<line class=\"grid\" x2=\"100%\" y1=\"\(y)\" y2=\"\(y)\"/>"
            grid +=
                "<text class=\"tick\" x=\"-6\" y=\"\(y)\" dy=\".32em\" text-anchor=\"end\">"
                + "\(vertical.label(tick).escaped())</text>"
        }
        let bottom = coordinate(height + 14)
        let ends = [horizontal.lower, horizontal.upper].map(Figures.compact)
        grid += "<text class=\"tick\" y=\"\(bottom)\">\(along.escaped()) \(ends[0])</text>"
        grid +=
            "<text class=\"tick\" x=\"100%\" y=\"\(bottom)\" text-anchor=\"end\">"
            + "\(ends[1])</text>"
        let others = (0..<count).filter { $0 != index }
            .map { "<use href=\"#block\($0)\"/>" }.joined()
        return """
            <figure class="panel"><figcaption><span>\(name.escaped(atMost: 40))</span>\
            <b>\(Figures.short(last))</b></figcaption>
            <svg role="img" width="100%" height="\(coordinate(height))">\
            <title>\(words.escaped())</title>\(grid)
            <svg class="curves" width="100%" height="\(coordinate(height))" \
            viewBox="0 0 1000 \(coordinate(height))" preserveAspectRatio="none">\
            <g class="others">\(others)</g>\
            <use class="own" href="#block\(index)"/></svg></svg></figure>

            """
    }
}
