/// Rows of text in columns of equal width, for people.
struct TextTable {
    private let header: [String]
    /// Columns that are aligned at their right.
    private let numbers: Set<Int>
    private var rows: [[String]] = []

    /// - Parameter numbers: columns that are aligned at their right.
    init(_ header: [String], numbers: Set<Int> = []) {
        self.header = header
        self.numbers = numbers
    }

    mutating func add(_ row: [String]) { rows.append(row) }

    /// The header and the rows; no line ends with spaces.
    var lines: [String] {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { $0[column].columns }.max() ?? 0 }
        return all.map { row in
            let cells = row.indices.map { column in
                numbers.contains(column)
                    ? row[column].indented(toColumns: widths[column])
                    : row[column].padded(toColumns: widths[column])
            }
            let line = cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}

extension Int {
    /// With spaces between thousands: `1 234 567`.
    var grouped: String {
        let digits = String(magnitude)
        let first = digits.count % 3
        var groups = first > 0 ? [String(digits.prefix(first))] : []
        var rest = digits.dropFirst(first)
        while !rest.isEmpty {
            groups.append(String(rest.prefix(3)))
            rest = rest.dropFirst(3)
        }
        return (self < 0 ? "-" : "") + groups.joined(separator: " ")
    }
}
