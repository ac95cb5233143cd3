import ArgumentParser
import Experiments
import FileFormats
import Suggestions

/// One of the paper's experiments under a name of ours: `table1.7` is the seventh of Table 1.
struct PublishedRow {
    let id: String
    let experiment: Experiment

    /// All of them, in the paper's order.
    ///
    /// - Throws: `DecodingError` if the list in this program is damaged.
    static func all() throws -> [PublishedRow] {
        var counts: [String: Int] = [:]
        return try Experiment.published().map { experiment in
            let table = plainName(experiment.table.replacing(" ", with: ""))
            counts[table, default: 0] += 1
            return PublishedRow(id: "\(table).\(counts[table, default: 0])", experiment: experiment)
        }
    }

    /// The rows of these names: `table1` for all of a table, `table1.7` for one.
    ///
    /// - Throws: `ValidationError` for an unknown name, with the nearest one.
    static func named(_ names: [String]) throws -> [PublishedRow] {
        let rows = try all()
        let tables = Set(rows.map(\.table))
        for name in names {
            let plain = name.lowercased()
            guard !tables.contains(plain), !rows.contains(where: { $0.id == plain }) else {
                continue
            }
            let guess = nearest(to: plain, among: tables.sorted() + rows.map(\.id))
            throw ValidationError(
                "unknown row '\(name.legible)'."
                    + (guess.map { " Did you mean '\($0)'?" } ?? "")
                    + "\n'reproduce ls' lists them.")
        }
        let wanted = Set(names.map { $0.lowercased() })
        return rows.filter { wanted.contains($0.id) || wanted.contains($0.table) }
    }

    /// `table1`
    var table: String { String(id.prefix { $0 != "." }) }

    /// The rule and, if the experiment names one, the waveform of its basis.
    var rule: String {
        experiment.rule + (experiment.waveform.map { ", \($0)" } ?? "")
    }

    /// Why its data cannot be read; nil if they are there.
    func problem(dataDirectory: String?) -> String? {
        do {
            _ = try namedDataset(experiment.dataset).locate(dataDirectory: dataDirectory)
            return nil
        } catch {
            return "no data: \(Registry.programName) data get \(experiment.dataset)"
        }
    }
}

/// The seeds of an experiment: `0..4`, or `0,3,7`.
struct Seeds: ExpressibleByArgument {
    let values: [UInt64]

    /// More are nobody's intention.
    private static let most: UInt64 = 1000

    init(_ values: [UInt64]) { self.values = values }

    init?(argument: String) {
        if let range = argument.wholeMatch(of: /([0-9]{1,19})\.\.([0-9]{1,19})/) {
            guard let first = UInt64(range.1), let last = UInt64(range.2), first <= last,
                last - first < Self.most
            else { return nil }
            values = Array(first...last)
            return
        }
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { UInt64($0) }
        guard numbers.count == parts.count, Set(numbers).count == numbers.count else { return nil }
        values = numbers
    }

    var defaultValueDescription: String { values.map(String.init).joined(separator: ",") }
}
