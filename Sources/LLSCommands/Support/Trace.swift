import FileFormats
import OpenCLBackend
import Profiling
import Tensors

/// A device whose work is timed: its launches where it was opened for that, else its operations.
struct TimedDevice {
    /// What is to be used instead of the device.
    let backend: any Backend

    init(_ device: any Backend) {
        backend = device is OpenCLBackend ? device : TimedBackend(device)
    }

    /// Forgets what was done so far.
    func reset() throws {
        (backend as? TimedBackend)?.reset()
        try (backend as? OpenCLBackend)?.resetProfile()
    }

    /// What was done since, in order.
    func spans() throws -> [TimedSpan] {
        if let timed = backend as? TimedBackend { return timed.spans }
        return try (backend as? OpenCLBackend)?.profile().map {
            TimedSpan(name: $0.name, start: $0.start, seconds: $0.seconds)
        } ?? []
    }
}

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
