import FileFormats
import Foundation

/// Everything that a run's folder holds about the run, as far as it can be read.
///
/// A run under way lacks some files, an older one others, and any of them may be damaged or a stranger's: what
/// cannot be read is nil, and ``problems`` says why.
public struct RunContents: Sendable {
    public let folder: RunFolder
    public private(set) var configuration: RunConfiguration?
    public private(set) var environment: RunEnvironmentRecord?
    public private(set) var outcome: RunOutcome?
    public private(set) var evaluation: RunEvaluation?
    /// The command lines: the one that started the run, then those that went on with it.
    public private(set) var commands: [String] = []
    /// Records of whole epochs, oldest first.
    public private(set) var epochs: [MetricsRecord] = []
    /// Means over some steps, oldest first; of very many only some, evenly spread.
    public private(set) var steps: [MetricsRecord] = []
    /// What is wrong with the folder, a line each.
    public private(set) var problems: [String] = []
    /// Whether a live process trains in the folder and has not written a result.
    public let isRunning: Bool

    /// What is left out saves time where nobody looks at it.
    public enum Part: Sendable { case steps, evaluation }

    /// Records of steps beyond this number are thinned out before they are read.
    static let mostSteps = 4000
    private static let greatestMetrics = 1 << 30
    private static let greatestFile = 1 << 24

    /// Reads what there is; throws ``FileError`` if `folder` is no folder that can be listed.
    public init(_ folder: RunFolder, with parts: Set<Part> = [.steps, .evaluation]) throws {
        self.folder = folder
        isRunning = RunLock.isHeld(folder) && !Self.hasJustEnded(folder)
        let names = Set(try FileSystem.list(folder.path))
        func isThere(_ path: String) -> Bool { names.contains(path.lastPathPart) }

        if isThere(folder.configurationFile) {
            configuration = attempt { try folder.configuration() }
        } else {
            problems.append("config.yaml is missing")
        }
        if isThere(folder.environmentFile) {
            environment = attempt { try Self.read(folder.environmentFile) }
        }
        if isThere(folder.resultFile) {
            outcome = attempt { try Self.read(folder.resultFile) }
        }
        if parts.contains(.evaluation), isThere(folder.evaluationFile) {
            evaluation = attempt { try Self.read(folder.evaluationFile) }
        }
        if isThere(folder.commandFile) {
            let bytes = attempt { try readFile(folder.commandFile, limit: 1 << 20) } ?? []
            commands = String(decoding: bytes, as: UTF8.self)
                .split(separator: "\n").map(String.init)
        }
        if isThere(folder.metricsFile) {
            let metrics = attempt {
                try RecordLines(
                    try readFile(folder.metricsFile, limit: Self.greatestMetrics),
                    mostSteps: parts.contains(.steps) ? Self.mostSteps : 0)
            }
            epochs = metrics?.epochs ?? []
            steps = metrics?.steps ?? []
            if let damaged = metrics?.damaged, damaged > 0 {
                let lines = damaged == 1 ? "1 line" : "\(damaged) lines"
                problems.append("metrics.jsonl: \(lines) cannot be read")
            }
        }
    }

    /// Whether the result is of the process that holds the lock: it still writes the report, for one.
    private static func hasJustEnded(_ folder: RunFolder) -> Bool {
        let lock = folder.path.appending(pathPart: RunLock.name)
        guard let began = try? FileSystem.status(of: lock),
            let ended = try? FileSystem.status(of: folder.resultFile)
        else { return false }
        return (began.modified, began.modifiedNanoseconds)
            < (ended.modified, ended.modifiedNanoseconds)
    }

    private mutating func attempt<Value>(_ read: () throws -> Value) -> Value? {
        do { return try read() } catch {
            // The first line says what and where; the rest is advice.
            let text = "\(error)".split(separator: "\n").first.map(String.init) ?? "\(error)"
            let place = folder.path.legible + "/"
            problems.append(text.hasPrefix(place) ? String(text.dropFirst(place.count)) : text)
            return nil
        }
    }

    private static func read<Value: Decodable>(_ path: String) throws -> Value {
        let bytes = try readFile(path, limit: greatestFile)
        do { return try JSONText.read(Value.self, from: bytes) } catch {
            throw FileError.malformed(
                path, field: "the JSON object", offset: 0, "it is not what lls writes there")
        }
    }
}

/// The lines of a `metrics.jsonl`, whole epochs and steps apart.
private struct RecordLines {
    var epochs: [MetricsRecord] = []
    var steps: [MetricsRecord] = []
    var damaged = 0

    /// Lines of steps are told by their bytes, so that those that nobody needs cost next to nothing.
    init(_ bytes: [UInt8], mostSteps: Int) throws {
        var ofSteps: [Range<Int>] = []
        var ofEpochs: [Range<Int>] = []
        bytes.withUnsafeBytes { bytes in
            var start = 0
            // A last line without its end was cut short, or is being written.
            while start < bytes.count, let base = bytes.baseAddress,
                let found = memchr(base + start, 0x0A, bytes.count - start)
            {
                let end = UnsafeRawPointer(found) - base
                let line = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
                let isOfSteps = Self.hasSteps(line)
                if isOfSteps { ofSteps.append(start..<end) } else { ofEpochs.append(start..<end) }
                start = end + 1
            }
        }
        for line in ofEpochs { take(bytes[line]) }
        guard mostSteps > 0 else { return }
        let stride = (ofSteps.count + mostSteps - 1) / mostSteps
        for (index, line) in ofSteps.enumerated()
        where stride <= 1 || index % stride == 0 || index == ofSteps.count - 1 {
            take(bytes[line])
        }
    }

    private static let mark = Array("\"steps\"".utf8)

    private static func hasSteps(_ line: UnsafeRawBufferPointer) -> Bool {
        guard let base = line.baseAddress, line.count >= mark.count else { return false }
        return mark.withUnsafeBytes { mark in
            guard let wanted = mark.baseAddress else { return false }
            return (0...line.count - mark.count).contains { place in
                line[place] == 0x22 && memcmp(base + place, wanted, mark.count) == 0
            }
        }
    }

    private mutating func take(_ line: ArraySlice<UInt8>) {
        guard let record = try? JSONText.read(MetricsRecord.self, from: line) else {
            damaged += 1
            return
        }
        if record.steps == nil { epochs.append(record) } else { steps.append(record) }
    }
}
