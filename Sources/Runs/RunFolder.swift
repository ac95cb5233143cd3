import FileFormats
import Foundation

/// The folder of one training run, `<runs>/<name>/<NNN>`; no other run ever writes there.
///
/// It holds `config.yaml`, `command.txt`, `env.json`, `model.json`, `metrics.jsonl`, `metrics.csv`, `log.txt`,
/// `result.json`, `checkpoints/` and `weights/`.
public struct RunFolder: Sendable, Equatable {
    public let path: String

    public var configurationFile: String { path + "/config.yaml" }
    public var commandFile: String { path + "/command.txt" }
    public var environmentFile: String { path + "/env.json" }
    /// What its weights are of, class names before all.
    public var modelFile: String { path + "/model.json" }
    public var metricsFile: String { path + "/metrics.jsonl" }
    public var metricsTable: String { path + "/metrics.csv" }
    public var logFile: String { path + "/log.txt" }
    public var resultFile: String { path + "/result.json" }
    public var checkpoints: String { path + "/checkpoints" }
    public var weights: String { path + "/weights" }

    /// Makes the next numbered folder of a name, with its configuration and command line.
    ///
    /// Of several processes each gets a folder of its own. Throws ``ConfigurationError`` for a
    /// name that is none, ``FileError`` when the folder cannot be made; then none is left.
    public static func create(
        name: String, in runs: String, configuration: RunConfiguration, arguments: [String]
    ) throws -> RunFolder {
        try create(
            name: name, in: runs, configuration: configuration, arguments: arguments,
            calls: .system)
    }

    package static func create(
        name: String, in runs: String, configuration: RunConfiguration, arguments: [String],
        calls: FileCalls
    ) throws -> RunFolder {
        guard name.wholeMatch(of: /[\p{L}\p{N}_\-][\p{L}\p{N}_.\-]*/) != nil else {
            throw ConfigurationError(
                key: "name",
                reason: "'\(name)' is no name for a folder: use letters, digits, '-', '_' and '.'")
        }
        let parent = runs + "/" + name
        try makeParents(parent)
        let folder = RunFolder(path: try claimNumber(in: parent))
        do {
            try makeFolder(folder.checkpoints)
            try makeFolder(folder.weights)
            try AtomicFile.write(
                configuration.yaml.utf8, to: folder.configurationFile, calls: calls)
            try AtomicFile.write(
                (arguments.map(shellQuoted).joined(separator: " ") + "\n").utf8,
                to: folder.commandFile, calls: calls)
        } catch {
            try? FileManager.default.removeItem(atPath: folder.path)
            throw error
        }
        return folder
    }

    /// The folder of a run that exists; throws ``FileError`` when this is none.
    public init(opening path: String) throws(FileError) {
        let plain = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        self.init(path: plain)
        guard FileManager.default.fileExists(atPath: configurationFile) else {
            throw FileError(
                path: path, operation: "open the run", reason: "it holds no config.yaml",
                category: .missingInput)
        }
    }

    private init(path: String) { self.path = path }

    /// The configuration that the run was started with.
    public func configuration() throws -> RunConfiguration {
        try RunConfiguration(reading: configurationFile)
    }

    /// Opens `log.txt` to add lines to it; throws ``FileError``.
    public func log() throws(FileError) -> AppendOnlyFile { try AppendOnlyFile(logFile) }

    /// Writes `env.json`.
    public func write(environment: some Encodable) throws {
        try writeJSON(environment, to: environmentFile)
    }

    /// Writes `result.json`.
    public func write(result: RunResult) throws { try writeJSON(result, to: resultFile) }

    private func writeJSON(_ value: some Encodable, to path: String) throws {
        let encoder = JSONEncoder.forRuns()
        encoder.outputFormatting.insert(.prettyPrinted)
        try AtomicFile.write(try encoder.encode(value) + Data("\n".utf8), to: path)
    }

    /// One more than the greatest number there, taken by making the folder.
    private static func claimNumber(in parent: String) throws(FileError) -> String {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
        var number = (names.compactMap { Int($0) }.filter { $0 > 0 }.max() ?? 0) + 1
        while true {
            let digits = String(number)
            let padding = String(repeating: "0", count: max(0, 3 - digits.count))
            let path = "\(parent)/\(padding)\(digits)"
            if mkdir(path, 0o777) == 0 { return path }
            guard errno == EEXIST else { throw .writing(path, "create", errno: errno) }
            number += 1
        }
    }

    private static func makeFolder(_ path: String) throws(FileError) {
        guard mkdir(path, 0o777) == 0 else { throw .writing(path, "create", errno: errno) }
    }

    /// Like `mkdir -p`; of those that stand in the way the first is named.
    private static func makeParents(_ path: String) throws(FileError) {
        var status = stat()
        if stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR { return }
        let parent = NSString(string: path).deletingLastPathComponent
        if !parent.isEmpty && parent != path { try makeParents(parent) }
        if mkdir(path, 0o777) != 0 && errno != EEXIST {
            throw .writing(path, "create", errno: errno)
        }
    }
}

/// An argument as a shell would have to be given it.
private func shellQuoted(_ argument: String) -> String {
    if argument.wholeMatch(of: /[A-Za-z0-9_\/.:=,+@%\-]+/) != nil { return argument }
    return "'" + argument.replacingOccurrences(of: "'", with: "'\\''") + "'"
}
