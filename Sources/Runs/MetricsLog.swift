import FileFormats
import Foundation

/// The measurements of a run: `metrics.jsonl`, one record a line, is the truth; the CSV is made
/// from it.
public struct MetricsLog: Sendable {
    private let file: AppendOnlyFile
    private let folder: RunFolder

    /// Opens or creates the log of a run.
    ///
    /// A run that goes on names the last epoch that its checkpoint has completed, and its steps: later
    /// records are dropped, since their steps will be measured again. So is a last line that a power
    /// failure cut short. Throws ``FileError``.
    public init(
        _ folder: RunFolder, keepingThroughEpoch epoch: Int = .max, step: Int = .max
    ) throws {
        self.folder = folder
        if FileSystem.exists(folder.metricsFile) {
            let before = try readFile(folder.metricsFile)
            let kept = try Self.read(folder.metricsFile, before).filter {
                $0.record.steps == nil ? $0.record.epoch <= epoch : $0.record.step <= step
            }
            let after = kept.flatMap { before[$0.line] }
            if after != before { try AtomicFile.write(after, to: folder.metricsFile) }
        }
        file = try AppendOnlyFile(folder.metricsFile)
    }

    /// Adds a record, in one write; throws ``FileError`` when the disk is full or fails.
    public func append(_ record: MetricsRecord) throws {
        try file.append(line: try Self.line(record))
    }

    /// All records of a run, oldest first; throws ``FileError``.
    public static func records(of folder: RunFolder) throws -> [MetricsRecord] {
        try read(folder.metricsFile, try readFile(folder.metricsFile)).map(\.record)
    }

    /// Makes `metrics.csv` anew from the records of whole epochs, with a column for each block's loss.
    public func writeTable() throws {
        let records = try Self.records(of: folder).filter { $0.steps == nil }
        let blocks = Set(records.flatMap { ($0.blockLosses ?? [:]).keys }).sorted()
        let plain = MetricsRecord.CodingKeys.allCases.filter {
            ![.steps, .blockLosses].contains($0)
        }
        var rows = [plain.map(\.rawValue) + blocks.map { "block_loss.\($0)" }]
        for record in records {
            rows.append(
                plain.map { cell($0, of: record) }
                    + blocks.map { record.blockLosses?[$0].map { "\($0)" } ?? "" })
        }
        let text = rows.map { $0.map(quoted).joined(separator: ",") + "\n" }.joined()
        try AtomicFile.write(text.utf8, to: folder.metricsTable)
    }

    private func cell(_ key: MetricsRecord.CodingKeys, of record: MetricsRecord) -> String {
        func text(_ value: (some CustomStringConvertible)?) -> String { value?.description ?? "" }
        return switch key {
        case .epoch: text(record.epoch)
        case .step: text(record.step)
        case .split: record.split.rawValue
        case .loss: text(record.loss)
        case .top1: text(record.top1)
        case .top5: text(record.top5)
        case .learningRate: text(record.learningRate)
        case .imagesPerSecond: text(record.imagesPerSecond)
        case .seconds: text(record.seconds)
        case .peakBytes: text(record.peakBytes)
        case .steps, .blockLosses: ""
        }
    }

    /// RFC 4180.
    private func quoted(_ cell: String) -> String {
        guard cell.contains(where: { ",\"\n\r".contains($0) }) else { return cell }
        return "\"" + cell.replacingOccurrences(of: "\"", with: "\"\"") + "\""
    }

    private static func line(_ record: MetricsRecord) throws -> String {
        try JSONText.line(record)
    }

    /// The records of a log and the bytes of each, its line break included; a last line without
    /// its end is left out.
    private static func read(
        _ path: String, _ bytes: [UInt8]
    ) throws(FileError) -> [(record: MetricsRecord, line: Range<Int>)] {
        var records: [(record: MetricsRecord, line: Range<Int>)] = []
        var start = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            do {
                let record = try JSONText.read(MetricsRecord.self, from: bytes[start..<end])
                records.append((record, start..<end + 1))
            } catch {
                throw .malformed(
                    path, field: "line \(records.count + 1)", offset: start,
                    "invalid record of metrics")
            }
            start = end + 1
        }
        return records
    }
}
