import FileFormats

/// Which classes are taken for which, for people: a table, or the most confused pairs where the table
/// would be too wide.
struct ConfusionTable {
    /// A table of more classes is not looked at.
    private static let mostClasses = 20
    private static let mostPairs = 20

    private let names: [String]
    private let counts: [[Int]]

    /// - Parameter counts: rows are labels, columns predictions.
    init(_ names: [String], _ counts: [[Int]]) {
        self.names = names.map(\.legible)
        self.counts = counts
    }

    /// At most as wide as the terminal, unless a name is not.
    func lines(columns: Int) -> [String] {
        guard names.count <= Self.mostClasses else { return pairLines() }
        return table(heads: names, columns) ?? numberedTable(columns) ?? pairLines()
    }

    private static let corner = "label \\ predicted"

    /// The columns have names if there is room for them.
    private func table(heads: [String], _ columns: Int) -> [String]? {
        lines(rows: names, heads: heads, columns)
    }

    /// Otherwise numbers, which stand beside the names of the rows.
    private func numberedTable(_ columns: Int) -> [String]? {
        let heads = names.indices.map(String.init)
        let width = (names.map(\.columns).max() ?? 0) + 1
        let digits = heads.last?.count ?? 1
        let rows = zip(names, heads).map {
            $0.padded(toColumns: width) + $1.indented(toColumns: digits)
        }
        return lines(rows: rows, heads: heads, columns)
    }

    private func lines(rows: [String], heads: [String], _ columns: Int) -> [String]? {
        let first = ([Self.corner] + rows).map(\.columns).max() ?? 0
        let widths = heads.indices.map { column in
            let numbers = counts.map { "\($0[column])".count }
            return 2 + max(heads[column].columns, numbers.max() ?? 0)
        }
        guard first + widths.reduce(0, +) <= columns else { return nil }
        func line(_ name: String, _ cells: [String]) -> String {
            name.padded(toColumns: first)
                + zip(cells, widths).map { $0.indented(toColumns: $1) }.joined()
        }
        return [line(Self.corner, heads)]
            + zip(rows, counts).map { line($0, $1.map(String.init)) }
    }

    private func pairLines() -> [String] {
        let pairs = confusedPairs(counts)
        guard let largest = pairs.first else { return ["no class is taken for another"] }
        let width = max(5, "\(largest.count)".count)
        let heading = "count".indented(toColumns: width) + "   share  label → predicted"
        return [heading]
            + pairs.prefix(Self.mostPairs).map { pair in
                let support = counts[pair.label].reduce(0, +)
                let share = 100 * Double(pair.count) / Double(max(support, 1))
                return "\(pair.count)".indented(toColumns: width)
                    + "\(share.fixed(1)) %".indented(toColumns: 8)
                    + "  \(names[pair.label]) → \(names[pair.predicted])"
            }
    }
}

/// The pairs of classes of which one was taken for the other, the most frequent first.
///
/// - Parameter counts: rows are labels, columns predictions.
func confusedPairs(_ counts: [[Int]]) -> [(count: Int, label: Int, predicted: Int)] {
    var pairs: [(count: Int, label: Int, predicted: Int)] = []
    for (label, row) in counts.enumerated() {
        for (predicted, count) in row.enumerated() where count > 0 && label != predicted {
            pairs.append((count, label, predicted))
        }
    }
    return pairs.sorted { ($1.count, $0.label, $0.predicted) < ($0.count, $1.label, $1.predicted) }
}
