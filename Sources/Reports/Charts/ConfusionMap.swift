/// Which classes are taken for which, as a heat map: rows are labels, columns predictions.
///
/// The diagonal and the mistakes have a hue each, because a good network's mistakes would be invisible on the
/// diagonal's scale: mistakes are darkest at a fifth of the class's samples.
package struct ConfusionMap {
    let classes: [String]
    let counts: [[Int]]
    private let totals: [Double]

    /// Cells of fewer classes show their numbers.
    private static let mostNumbers = 20
    private static let levels = 10
    /// The share of a class's samples at which a mistake is darkest.
    private static let darkest = 0.2

    /// Nil unless the counts are a square of numbers that can be counts, one row a class.
    package init?(_ classes: [String], _ counts: [[Int]], atMost most: Int) {
        guard !classes.isEmpty, classes.count <= most, counts.count == classes.count,
            counts.allSatisfy({ $0.count == classes.count && $0.allSatisfy { $0 >= 0 } })
        else { return nil }
        self.classes = classes
        self.counts = counts
        totals = counts.map { $0.reduce(0) { $0 + Double($1) } }
    }

    private var hasNumbers: Bool { classes.count <= Self.mostNumbers }

    /// Pixels of a cell's side.
    private var cell: Double {
        hasNumbers ? 38 : max(3.6, min(16, 720 / Double(classes.count)))
    }

    package var figure: String {
        let side = cell * Double(classes.count)
        let longest = classes.map { min(24, $0.unicodeScalars.count) }.max() ?? 0
        let margin = 14 + 6.6 * Double(longest)
        // Names above stand at 45 degrees, and the last one leans out to the right.
        let (top, right) = (16 + margin * 0.71, max(8, margin * 0.71 - cell / 2))
        let (width, height) = (margin + side + right, top + side + 8)
        let name = "Confusion: rows are classes, columns what they were taken for"
        return """
            <div class="scroll" tabindex="0" role="region" aria-label="Confusion matrix">
            <svg class="map" role="img" width="\(coordinate(width))" height="\(coordinate(height))" \
            viewBox="0 0 \(coordinate(width)) \(coordinate(height))">
            <title>\(name)</title>
            <g transform="translate(\(coordinate(margin)) \(coordinate(top)))">
            <rect class="ground" width="\(coordinate(side))" height="\(coordinate(side))"/>
            \(cells)\(names)\(hasNumbers ? numbers : rows)</g></svg></div>
            \(Self.key)
            """
    }

    // MARK: Cells

    /// 0 for none, up to ``levels``.
    private func level(_ row: Int, _ column: Int) -> Int {
        guard counts[row][column] > 0, totals[row] > 0 else { return 0 }
        let share = Double(counts[row][column]) / totals[row]
        let scaled = row == column ? share : min(1, share / Self.darkest)
        return max(1, Int((scaled * Double(Self.levels)).rounded()))
    }

    /// One path for each level of each hue; neighbours of the same level in a row are one rectangle.
    private var cells: String {
        var paths = [String](repeating: "", count: 2 * (Self.levels + 1))
        for row in classes.indices {
            var start = 0
            while start < classes.count {
                let level = level(row, start)
                var end = start + 1
                while start != row, end < classes.count, end != row,
                    self.level(row, end) == level
                {
                    end += 1
                }
                if level > 0 {
                    let hue = start == row ? 0 : Self.levels + 1
                    paths[hue + level] += "M\(start) \(row)h\(end - start)v1h-\(end - start)z"
                }
                start = end
            }
        }
        let drawn = paths.enumerated().filter { !$1.isEmpty }.map { index, d in
            let isMistake = index > Self.levels
            let level = index - (isMistake ? Self.levels + 1 : 0)
            return "<path class=\"\(isMistake ? "wrong" : "right")\" "
                + "fill-opacity=\"\(Self.opacity(level))\" d=\"\(d)\"/>\n"
        }
        return "<g transform=\"scale(\(cell))\">\n\(drawn.joined())</g>\n"
    }

    private static func opacity(_ level: Int) -> String {
        let hundredths = 8 + 84 * level / levels
        return hundredths < 10 ? "0.0\(hundredths)" : "0.\(hundredths)"
    }

    // MARK: Text

    /// Where cells are smaller than letters, every so many classes have a name.
    private var names: String {
        let left = labelled(apart: 11).map { index, middle, name in
            "<text class=\"name\" x=\"-8\" y=\"\(middle)\" dy=\".32em\" text-anchor=\"end\">"
                + "\(name)</text>\n"
        }
        // Lines of slanted text are nearer to each other than their beginnings.
        let top = labelled(apart: 16).map { index, middle, name in
            "<text class=\"name\" transform=\"translate(\(middle) -8) rotate(-45)\" dy=\".32em\">"
                + "\(name)</text>\n"
        }
        return (left + top).joined()
    }

    private func labelled(apart pixels: Double) -> [(index: Int, middle: String, name: String)] {
        let stride = max(1, Int((pixels / cell).rounded(.up)))
        return Swift.stride(from: 0, to: classes.count, by: stride).map { index in
            (
                index, coordinate((Double(index) + 0.5) * cell),
                classes[index].escaped(atMost: 24)
            )
        }
    }

    private var numbers: String {
        classes.indices.map { row in
            classes.indices.map { column in
                let count = counts[row][column]
                let words = words(row, column)
                let (x, y) = (cell * Double(column), cell * Double(row))
                let ground =
                    "<rect class=\"touch\" x=\"\(coordinate(x))\" y=\"\(coordinate(y))\" "
                    + "width=\"\(coordinate(cell))\" height=\"\(coordinate(cell))\">"
                    + "<title>\(words)</title></rect>"
                guard count > 0 else { return ground }
                let strong = level(row, column) > Self.levels * 6 / 10
                return ground
                    + "<text class=\"count\(strong ? " strong" : "")\" "
                    + "x=\"\(coordinate(x + cell / 2))\" y=\"\(coordinate(y + cell / 2))\" "
                    + "dy=\".34em\" text-anchor=\"middle\">\(Figures.compact(Double(count)))</text>"
            }.joined() + "\n"
        }.joined()
    }

    /// Of a large map each row says in words what it shows.
    private var rows: String {
        classes.indices.map { row in
            let mistakes = classes.indices.filter { $0 != row && counts[row][$0] > 0 }
            let most = mistakes.max { counts[row][$0] < counts[row][$1] }
            let words =
                words(row, row) + (most.map { "; most often taken for " + named($0) } ?? "")
            return "<rect class=\"touch\" y=\"\(coordinate(cell * Double(row)))\" "
                + "width=\"\(coordinate(cell * Double(classes.count)))\" "
                + "height=\"\(coordinate(cell))\"><title>\(words)</title></rect>\n"
        }.joined()
    }

    private func named(_ index: Int) -> String { classes[index].escaped(atMost: 60) }

    private func words(_ row: Int, _ column: Int) -> String {
        let count = counts[row][column]
        let of = "\(Figures.whole(count)) of \(Figures.fixed(totals[row], 0))"
        return row == column
            ? "\(named(row)): \(of) recognized"
            : "\(named(row)) taken for \(named(column)): \(of)"
    }

    private static var key: String {
        func swatches(_ kind: String) -> String {
            stride(from: 2, through: levels, by: 2).map {
                "<i class=\"\(kind)\" style=\"opacity:\(opacity($0))\"></i>"
            }.joined()
        }
        return """
            <p class="key"><span><span class="swatches">\(swatches("right"))</span> recognized: \
            20 % to all of the class’s samples</span> \
            <span><span class="swatches">\(swatches("wrong"))</span> taken for another class: \
            4 % to 20 % and more</span></p>

            """
    }
}
