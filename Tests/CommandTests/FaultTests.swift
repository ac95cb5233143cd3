import Checkpoints
import FileFormats
import Foundation
import TestSupport
import Testing

/// The whole program on a disk that is full and on a device that fails: `faulty-lls` is `lls` with calls
/// that fail.
struct FaultTests {
    private let data: TemporaryFolder
    private let runs: TemporaryFolder

    init() throws {
        data = try TemporaryFolder()
        runs = try TemporaryFolder()
        try TinyData.write(to: data.url, train: 64, test: 20)
    }

    private static let program = Program.path.deletingLastPathComponent()
        .appending(path: "faulty-lls")

    /// Two epochs of two steps, with a checkpoint after every step.
    private func train(
        _ faults: String, backend: String = "cpu", environment: [String: String] = [:]
    ) throws -> Program.Outcome {
        try Program.run(
            [
                "train", "--backend", backend, "--data-dir", data.path, "--runs-dir", runs.path,
                "--name", Self.name(faults), "--batch-size", "32", "--test-batch-size", "20",
                "--epochs", "2", "--save-every", "1s,1e", "--progress", "none", "--model",
                "LLS_SmallConv",
            ], environment: ["FAULTS": faults].merging(environment) { $1 },
            executable: Self.program)
    }

    private static func name(_ faults: String) -> String {
        faults.map { $0.isLetter || $0.isNumber ? String($0) : "-" }.joined()
    }

    private func folder(_ faults: String) -> String { "\(runs.path)/\(Self.name(faults))/001" }

    private func newest(_ faults: String) -> Checkpoint? {
        try? CheckpointStore("\(folder(faults))/checkpoints").newest()
    }

    /// How often an undisturbed run makes each kind of call.
    private func counts(_ backend: String = "cpu") throws -> [String: Int] {
        let outcome = try train("count", backend: backend)
        try #require(outcome.status == 0, "\(outcome)")
        let line = try #require(
            outcome.errors.split(separator: "\n").last { $0.hasPrefix("calls:") })
        return Dictionary(
            uniqueKeysWithValues: line.dropFirst("calls: ".count).split(separator: ", ")
                .compactMap { entry in
                    let parts = entry.split(separator: " ")
                    return Int(parts[1]).map { (String(parts[0]), $0) }
                })
    }

    /// Training goes on, and what was saved before is sound. The status is 74 only if nothing is.
    @Test func aFullDiskEndsNoTraining() throws {
        let counts = try counts()
        let whole = try readFile("\(folder("count"))/weights/last.safetensors")
        for kind in ["create", "openToAppend", "openFolder", "write", "sync", "close", "rename"] {
            let count = try #require(counts[kind], "\(kind) is never called")
            for number in Set([1, (count + 1) / 2, count]) {
                for fault in ["\(kind):\(number)", "\(kind):\(number)+"] {
                    let outcome = try train(fault)
                    let saved = newest(fault)
                    guard outcome.status == 0 else {
                        // At set-up there is no run to go on with.
                        #expect([73, 74].contains(outcome.status), "\(fault): \(outcome)")
                        #expect(saved == nil, "\(fault): \(outcome)")
                        #expect(outcome.errors.contains("No space left"), "\(fault): \(outcome)")
                        continue
                    }
                    // A file may have got its name before its folder could not be flushed.
                    let weights = "\(folder(fault))/weights/last.safetensors"
                    #expect(saved != nil || FileSystem.exists(weights), "\(fault): \(outcome)")
                    guard !fault.hasSuffix("+") else { continue }
                    // A disk that was full once: nothing is missing at the end.
                    #expect(saved?.position.steps == 4, "\(fault): \(outcome)")
                    let isSame =
                        try readFile("\(folder(fault))/weights/last.safetensors") == whole
                    #expect(isSame, "\(fault)")
                    let metrics = try readFile("\(folder(fault))/metrics.jsonl")
                    let lines = String(decoding: metrics, as: UTF8.self).split(separator: "\n")
                    #expect(lines.count { !$0.contains(#""steps":"#) } == 4, "\(fault)")
                }
            }
        }
    }

    /// A lost device ends the run with the call and the status, and with the checkpoint before.
    @Test(arguments: ["clEnqueueNDRangeKernel", "clEnqueueReadBuffer", "clFinish"])
    func aLostDeviceLeavesTheCheckpoint(function: String) throws {
        let count = try #require(try counts("opencl")[function])
        let fault = "\(function):\(count * 3 / 4)+"
        let outcome = try train(fault, backend: "opencl")
        #expect(outcome.status == 69, "\(outcome)")
        #expect(outcome.errors.contains("\(function)"), "\(outcome)")
        #expect(outcome.errors.contains("CL_OUT_OF_RESOURCES (-5)"), "\(outcome)")
        #expect(newest(fault) != nil && outcome.errors.contains("--resume"), "\(outcome)")
        let resumed = try Program.run(["train", "--resume", folder(fault), "--progress", "none"])
        #expect(resumed.status == 0, "\(resumed)")
        let isSame =
            try readFile("\(folder(fault))/weights/last.safetensors")
            == readFile("\(folder("count"))/weights/last.safetensors")
        #expect(isSame)
    }

    /// A device that hangs ends the program in bounded time.
    @Test func aDeviceThatHangsIsGivenUp() throws {
        let count = try #require(try counts("opencl")["clEnqueueReadBuffer"])
        let fault = "clEnqueueReadBuffer:\(count * 3 / 4)=hang"
        let start = ContinuousClock.now
        let outcome = try train(
            fault, backend: "opencl", environment: ["LLS_OPENCL_TIMEOUT": "5"])
        #expect(outcome.status == 69, "\(outcome)")
        #expect(outcome.errors.contains("clEnqueueReadBuffer has not returned for 5 s"))
        #expect(ContinuousClock.now - start < .seconds(60))
        #expect(newest(fault) != nil)
    }
}
