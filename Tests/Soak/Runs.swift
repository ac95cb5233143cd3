import Checkpoints
import FileFormats
import Foundation
import TestSupport

/// Runs of the program beside this one, on a small data set, in a folder of their own.
final class Runs {
    /// Steps between two checkpoints.
    static let interval = 3
    private let root: URL
    private let programs: URL
    private var number = 0
    private var random: SeededGenerator

    init(seed: UInt64) throws {
        random = SeededGenerator(state: seed)
        programs = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        root = FileManager.default.temporaryDirectory.appending(path: "lls-soak-\(getpid())")
        try FileManager.default.createDirectory(
            at: root.appending(path: "data"), withIntermediateDirectories: true)
        try TinyData.write(to: root.appending(path: "data"), train: 128, test: 20)
    }

    func remove() throws { try FileManager.default.removeItem(at: root) }

    func chance(_ range: ClosedRange<Double>) -> Double { .random(in: range, using: &random) }
    func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: elements.indices, using: &random)]
    }

    /// A name that no run has yet.
    func newName(_ kind: String) -> String {
        number += 1
        return "\(kind)-\(number)"
    }

    func folder(_ name: String) -> String { root.path() + "/runs/\(name)/001" }

    /// The newest sound checkpoint; nil if the run has none.
    ///
    /// - Throws: if one that has its name is not sound.
    func newest(_ name: String) throws -> Checkpoint? {
        let store = CheckpointStore(folder(name) + "/checkpoints")
        var problem: String?
        let newest = try store.newest { problem = "\($0): \($1)" }
        if let problem { throw Failure("an unreadable checkpoint: \(problem)") }
        return newest
    }

    /// A process that trains a new run for 8 epochs of 4 steps, or goes on with it.
    func start(
        _ name: String, resumes: Bool = false, faults: String? = nil, epochs: Int = 8,
        backend: String = "cpu"
    ) throws -> Running {
        let arguments =
            resumes
            ? ["--resume", folder(name), "--save-every", "\(Self.interval)s"]
            : [
                "--backend", backend, "--data-dir", root.path() + "/data", "--runs-dir",
                root.path() + "/runs", "--name", name, "--batch-size", "32", "--test-batch-size",
                "20", "--epochs", "\(epochs)", "--seed", "7", "--dropout", "0.1",
                "--save-every", "\(Self.interval)s,1e",
            ]
        return try Running(
            programs.appending(path: faults == nil ? "lls" : "faulty-lls"),
            ["train", "--progress", "json", "--report-every", "1"] + arguments,
            environment: ["LLS_TUNING": "off", "LLS_OPENCL_TIMEOUT": "30", "FAULTS": faults ?? ""],
            log: root.appending(path: "log"))
    }

    /// The bytes of a run's last weights.
    func weights(_ name: String) throws -> [UInt8] {
        try readFile(folder(name) + "/weights/last.safetensors")
    }

    /// Whether every epoch stands in the metrics once for each split, and every step once.
    func checkMetrics(_ name: String, epochs: Int) throws {
        let text = String(decoding: try readFile(folder(name) + "/metrics.jsonl"), as: UTF8.self)
        let records = try text.split(separator: "\n").map { line in
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
        }
        let keys = records.filter { $0["steps"] == nil }.map {
            "\($0["epoch"] ?? "") \($0["split"] ?? "")"
        }
        let expected = (1...epochs).flatMap { ["\($0) train", "\($0) test"] }
        let steps = records.filter { $0["steps"] != nil }.map { $0["step"] as? Int }
        guard steps == Array(1...(4 * epochs)) else {
            throw Failure("steps in the metrics of \(name): \(steps)")
        }
        guard keys == expected else { throw Failure("metrics of \(name): \(keys)") }
    }
}

/// A process under way.
final class Running {
    private let process = Process()
    private let log: URL
    private let start = Date()

    init(
        _ program: URL, _ arguments: [String], environment: [String: String], log: URL
    ) throws {
        self.log = log
        process.executableURL = program
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        try Data().write(to: log)
        process.standardError = try FileHandle(forWritingTo: log)
        process.standardOutput = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
    }

    /// Sends a signal; nothing happens if the process has ended.
    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Waits for the end: the exit status, or minus the signal.
    func end(within seconds: Double = 120) throws -> Int32 {
        let deadline = Date() + seconds
        while process.isRunning {
            guard Date() < deadline else {
                send(SIGKILL)
                throw Failure("the program did not end within \(seconds) s: \(try output())")
            }
            usleep(2000)
        }
        return process.terminationReason == .exit
            ? process.terminationStatus : -process.terminationStatus
    }

    func output() throws -> String {
        String(decoding: try Data(contentsOf: log), as: UTF8.self)
    }

    /// The steps that the program has reported, of the whole run of 4 steps an epoch.
    func stepsReported() throws -> Int {
        try output().split(separator: "\n").compactMap { line in
            let record = try? JSONSerialization.jsonObject(with: Data(line.utf8))
            guard let fields = record as? [String: Any], fields["event"] as? String == "step",
                let epoch = fields["epoch"] as? Int, let step = fields["step"] as? Int
            else { return nil }
            return (epoch - 1) * 4 + step
        }.max() ?? 0
    }
}

/// A line on standard output, at once.
func say(_ line: String) { FileHandle.standardOutput.write(Data("soak: \(line)\n".utf8)) }

/// What is not as it should be.
struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
