import FileFormats
import Foundation

/// The folder of one training run, `<runs>/<name>/<NNN>`; no other run ever writes there.
///
/// It holds `config.yaml`, `command.txt`, `env.json`, `model.json`, `metrics.jsonl`, `metrics.csv`, `log.txt`,
/// `evaluation.json`, `report.html`, `result.json`, `checkpoints/`, `weights/` and what its trackers need.
public struct RunFolder: Sendable, Equatable {
    public let path: String

    public var configurationFile: String { path + "/config.yaml" }
    public var commandFile: String { path + "/command.txt" }
    public var environmentFile: String { path + "/env.json" }
    /// What its weights are of, class names before all.
    public var modelFile: String { path + "/model.json" }
    /// The architecture, if the model came from a file.
    public var networkFile: String { path + "/network.yaml" }
    /// Which pictures are for training and which for validation, if the run has split them.
    public var splitFile: String { path + "/split.json" }
    public var metricsFile: String { path + "/metrics.jsonl" }
    public var metricsTable: String { path + "/metrics.csv" }
    public var logFile: String { path + "/log.txt" }
    /// What the last evaluation saw: ``RunEvaluation``.
    public var evaluationFile: String { path + "/evaluation.json" }
    public var reportFile: String { path + "/report.html" }
    public var resultFile: String { path + "/result.json" }
    public var checkpoints: String { path + "/checkpoints" }
    public var weights: String { path + "/weights" }
    /// The weights of the last epoch, and of the one with the best test accuracy.
    public var lastWeights: String { weights + "/last.safetensors" }
    public var bestWeights: String { weights + "/best.safetensors" }

    /// Makes the next numbered folder of a name, with its configuration and command line.
    ///
    /// Of several processes each gets a folder of its own. Throws ``ConfigurationError`` for a
    /// name that is none, ``FileError`` when the folder cannot be made; then none is left.
    ///
    /// - Parameter network: the text of the architecture, if the model is none of the catalog's: it is
    ///   kept, and the configuration names its file.
    public static func create(
        name: String, in runs: String, configuration: RunConfiguration, arguments: [String],
        network: String? = nil
    ) throws -> RunFolder {
        try create(
            name: name, in: runs, configuration: configuration, arguments: arguments,
            network: network, calls: .system)
    }

    package static func create(
        name: String, in runs: String, configuration: RunConfiguration, arguments: [String],
        network: String? = nil, calls: FileCalls
    ) throws -> RunFolder {
        guard !runs.isEmpty else {
            throw ConfigurationError(key: "runs-dir", reason: "it must not be empty")
        }
        guard name.wholeMatch(of: /[\p{L}\p{N}_\-][\p{L}\p{N}_.\-]*/) != nil else {
            throw ConfigurationError(
                key: "name",
                reason: "invalid name '\(name.legible)' of a run: use letters, digits, '-', '_' "
                    + "and '.'")
        }
        let parent = runs.appending(pathPart: name)
        let made = try FileSystem.makeFolders(parent)
        let folder: RunFolder
        do {
            folder = RunFolder(path: try claimNumber(in: parent))
        } catch {
            FileSystem.removeEmptyFolders(made)
            throw error
        }
        do {
            try FileSystem.makeFolder(folder.checkpoints)
            try FileSystem.makeFolder(folder.weights)
            var configuration = configuration
            if let network {
                try AtomicFile.write(network.utf8, to: folder.networkFile, calls: calls)
                configuration.model = folder.networkFile.absolutePath
            }
            try AtomicFile.write(
                configuration.yaml.utf8, to: folder.configurationFile, calls: calls)
            try AtomicFile.write(
                (arguments.map(\.shellQuoted).joined(separator: " ") + "\n").utf8,
                to: folder.commandFile, calls: calls)
        } catch {
            FileSystem.removeAll(folder.path)
            FileSystem.removeEmptyFolders(made)
            throw error
        }
        return folder
    }

    /// The folder of a run that exists; throws ``FileError`` when this is none.
    public init(opening path: String) throws(FileError) {
        self.init(path: path.withoutEndingSlashes)
        guard FileSystem.exists(configurationFile) else {
            throw FileError(
                path: path, operation: "open the run", reason: "it does not contain config.yaml",
                category: .missingInput)
        }
    }

    /// A folder that may be no run, or a damaged one.
    package init(at path: String) { self.init(path: path.withoutEndingSlashes) }

    private init(path: String) { self.path = path }

    /// The configuration that the run was started with.
    ///
    /// - Parameter choices: the names there are, for keys that name something.
    public func configuration(
        choices: [RunConfiguration.CodingKeys: NamedChoices] = [:]
    ) throws -> RunConfiguration {
        var configuration = try RunConfiguration(reading: configurationFile, choices: choices)
        // The folder may have been moved since.
        if FileSystem.exists(networkFile) { configuration.model = networkFile.absolutePath }
        return configuration
    }

    /// Notes that a run goes on: with which configuration, and by which command line.
    ///
    /// - Throws: ``FileError``.
    public func goOn(_ configuration: RunConfiguration, arguments: [String]) throws(FileError) {
        try AtomicFile.write(configuration.yaml.utf8, to: configurationFile)
        try AppendOnlyFile(commandFile)
            .append(line: arguments.map(\.shellQuoted).joined(separator: " "))
    }

    /// Writes which pictures are for training and which for validation, as paths from the folder of the
    /// data on.
    public func write(split: some Encodable) throws { try writeJSON(split, to: splitFile) }

    /// Opens `log.txt` to add lines to it; throws ``FileError``.
    public func log() throws(FileError) -> AppendOnlyFile { try AppendOnlyFile(logFile) }

    /// Writes `env.json`.
    public func write(environment: some Encodable) throws {
        try writeJSON(environment, to: environmentFile)
    }

    /// Writes `evaluation.json`.
    public func write(evaluation: RunEvaluation) throws {
        try writeJSON(evaluation, to: evaluationFile)
    }

    /// How the run ended; nil if it has not, or was killed. Throws ``FileError``.
    public func outcome() throws(FileError) -> RunOutcome? {
        guard FileSystem.exists(resultFile) else { return nil }
        let bytes = try readFile(resultFile, limit: 1 << 20)
        do { return try JSONText.read(RunOutcome.self, from: bytes) } catch {
            throw .malformed(
                resultFile, field: "text", offset: 0, "it does not say how a run ended")
        }
    }

    /// Writes `result.json`.
    public func write(outcome: RunOutcome) throws { try writeJSON(outcome, to: resultFile) }

    private func writeJSON(_ value: some Encodable, to path: String) throws {
        try AtomicFile.write(try JSONText.page(value).utf8, to: path)
    }

    /// The greatest number of a run: a folder called by a greater one is not a run of ours.
    private static let greatestNumber = 999_999_999

    /// One more than the greatest number there, taken by making the folder.
    private static func claimNumber(in parent: String) throws(FileError) -> String {
        let numbers = try FileSystem.list(parent).compactMap { Int($0) }
        var number = (numbers.filter { (1..<greatestNumber).contains($0) }.max() ?? 0) + 1
        while true {
            let digits = String(number)
            let padding = String(repeating: "0", count: max(0, 3 - digits.count))
            let path = parent.appending(pathPart: padding + digits)
            if path.withPathBytes({ mkdir($0, 0o777) }) == 0 { return path }
            guard errno == EEXIST else { throw .writing(path, "create", errno: errno) }
            number += 1
        }
    }
}
