import FileFormats
import Foundation
import Runs

/// Reads `metrics.jsonl` part by part, also while another thread adds to it.
struct MetricsTail {
    private let path: String
    /// Where the next part begins.
    var offset = 0

    private static let greatestLine = 1 << 24

    init(_ folder: RunFolder) { path = folder.metricsFile }

    /// The next records, and where each ends: about `size` bytes of them, and none at the end of the
    /// file. A last line without its end is left for later.
    ///
    /// Does not move ``offset``. Throws ``FileError``.
    func next(
        _ size: Int = 1 << 19
    ) throws(FileError) -> [(record: MetricsRecord, end: Int)] {
        guard FileSystem.exists(path) else { return [] }
        var size = size
        while true {
            let bytes = try readPart(of: path, from: offset, size)
            let records = try records(in: bytes)
            if !records.isEmpty || bytes.count < size { return records }
            guard size < Self.greatestLine else {
                throw malformed("a line of more than \(size) bytes")
            }
            size *= 4
        }
    }

    private func records(
        in bytes: [UInt8]
    ) throws(FileError) -> [(record: MetricsRecord, end: Int)] {
        var records: [(record: MetricsRecord, end: Int)] = []
        var start = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            guard let record = try? JSONText.read(MetricsRecord.self, from: bytes[start..<end])
            else { throw malformed("invalid record of metrics", at: start) }
            records.append((record, offset + end + 1))
            start = end + 1
        }
        return records
    }

    private func malformed(_ reason: String, at start: Int = 0) -> FileError {
        .malformed(path, field: "line", offset: offset + start, reason)
    }
}
