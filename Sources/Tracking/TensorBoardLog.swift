import FileFormats
import Foundation
import Runs

/// The event file of one part of a run, in the run's folder `tensorboard`.
///
/// A run that goes on begins another file, which tells TensorBoard to forget what the others have from there
/// on, and repeats what `metrics.jsonl` has kept of that.
package final class TensorBoardLog {
    private let folder: RunFolder
    private let ledger: TrackingLedger
    private var file: AppendOnlyFile?
    /// What is not on disk yet.
    private var unwritten: [UInt8] = []

    /// - Parameter step: of the checkpoint from which the run goes on; nil at its beginning.
    /// - Throws: ``FileError`` if `metrics.jsonl` cannot be read.
    package init(
        _ folder: RunFolder, _ configuration: RunConfiguration, _ ledger: TrackingLedger,
        resumedFrom step: Int?
    ) throws(FileError) {
        self.folder = folder
        self.ledger = ledger
        let now = Date().timeIntervalSince1970
        add(.version(now))
        // Whatever came before may be there: tracked or not, with or without its last records.
        let isKnown = step != nil && !Self.files(of: folder).isEmpty
        let first = isKnown ? step ?? 0 : 0
        if isKnown { add(.restart(now, step: first)) }
        add(.text("configuration", Self.page(configuration), now, step: first))
        guard step != nil else { return }
        var tail = MetricsTail(folder)
        while case let part = try tail.next(), let end = part.last?.end {
            for (record, _) in part where record.step >= first { add(record) }
            tail.offset = end
        }
    }

    /// Adds a record; throws ``FileError`` if the disk is full or fails. Then it is written with the next.
    package func note(_ record: MetricsRecord) throws(FileError) {
        add(record)
        try write()
    }

    /// Writes what is not on disk yet, in one call; throws ``FileError``.
    package func write() throws(FileError) {
        guard !unwritten.isEmpty else { return }
        if file == nil {
            try FileSystem.makeFolders(folder.eventFolder)
            file = try AppendOnlyFile(folder.eventFolder.appending(pathPart: name()))
        }
        try file?.append(unwritten)
        unwritten = []
    }

    private func add(_ event: TensorBoardEvent) { unwritten += event.record }

    private func add(_ record: MetricsRecord) {
        let time = ledger.contents.time(of: record)
        for scalar in record.tensorBoardScalars {
            add(.scalar(scalar, time, step: record.step))
        }
    }

    private static func files(of folder: RunFolder) -> [String] {
        ((try? FileSystem.list(folder.eventFolder)) ?? []).filter { $0.hasPrefix(prefix) }
    }

    private static let prefix = "events.out.tfevents."

    /// Readers take files in the order of their names: this one comes after the others.
    private func name() -> String {
        let times = Self.files(of: folder).compactMap {
            Int($0.dropFirst(Self.prefix.count).prefix { $0 != "." })
        }
        let last = times.filter { $0 < 9_999_999_999 }.max() ?? 0
        let time = max(Int(Date().timeIntervalSince1970), last + 1)
        return Self.prefix + "\(time).\(hostName())"
    }

    /// The configuration as a table of Markdown.
    private static func page(_ configuration: RunConfiguration) -> String {
        let rows = configuration.yaml.split(separator: "\n").map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            let value = parts.count > 1 ? parts[1].drop { $0 == " " } : ""
            return "| \(parts.first ?? "") | \(value.replacingOccurrences(of: "|", with: "\\|")) |"
        }
        return (["| setting | value |", "|---|---|"] + rows).joined(separator: "\n")
    }
}
