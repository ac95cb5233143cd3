import FileFormats
import Profiling

/// Writes spans in Chrome's trace format: complete events (`"ph": "X"`), times in microseconds.
///
/// - Throws: `FileError` where the file cannot be made.
func writeTrace(_ spans: [TimedSpan], of device: String, to path: String) throws {
    struct Event: Encodable {
        let name: String
        let ph = "X", cat = "kernel"
        let ts, dur: Double
        let pid = 0, tid = 0
    }
    struct Trace: Encodable {
        let traceEvents: [Event]
        let otherData: [String: String]
    }
    let events = spans.map {
        Event(name: $0.name, ts: 1e6 * $0.start, dur: 1e6 * $0.seconds)
    }
    let text = try json(Trace(traceEvents: events, otherData: ["device": device]))
    var file = try AtomicFile(path)
    try file.append(Array(text.utf8))
    try file.commit()
}
