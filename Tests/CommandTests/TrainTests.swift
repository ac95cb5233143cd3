import FileFormats
import Foundation
import TestSupport
import Testing

/// Short runs of the whole program on a small data set.
struct TrainTests {
    static let backends: [[String]] = [
        ["--backend", "cpu"],
        ["--backend", "opencl", "--kernel-engine", "register"],
        ["--backend", "opencl", "--kernel-engine", "local"],
    ]

    @Test(arguments: backends)
    func aRunLearnsAndLeavesItsFolder(backend: [String]) throws {
        let (data, runs) = (try TemporaryFolder(), try TemporaryFolder())
        try TinyData.write(to: data.url)
        let outcome = try train(backend + ["--epochs", "4"], data, runs)
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.lastLine.hasPrefix("result epochs=4 "))
        let top1 = try #require(outcome.value("test_top1").flatMap(Double.init))
        #expect(top1 > 60, "stripes are easy to tell apart: \(outcome.lastLine)")
        let run = try #require(outcome.value("run"))
        for file in [
            "config.yaml", "command.txt", "env.json", "metrics.jsonl", "metrics.csv",
            "result.json", "weights/last.safetensors",
        ] {
            #expect(FileManager.default.fileExists(atPath: "\(run)/\(file)"), "\(file)")
        }
        let weights = try SafetensorsFile(reading: "\(run)/weights/last.safetensors")
        #expect(weights["conv_block1.block.conv.weight"]?.shape == [32, 1, 3, 3])
        #expect(weights["linear_block1.block.linear.weight"]?.shape == [512, 512])
        #expect(weights["conv_block1.block.bn.num_batches_tracked"]?.shape == [])
    }

    @Test(arguments: backends)
    func theSameSeedGivesTheSameBytes(backend: [String]) throws {
        let (data, runs) = (try TemporaryFolder(), try TemporaryFolder())
        try TinyData.write(to: data.url)
        let files = try [1, 1, 2].map { seed in
            let outcome = try train(backend + ["--epochs", "1", "--seed", "\(seed)"], data, runs)
            let run = try #require(outcome.value("run"), "\(outcome)")
            return try Data(contentsOf: URL(filePath: "\(run)/weights/last.safetensors"))
        }
        #expect(files[0] == files[1])
        #expect(files[0] != files[2])
    }

    /// Sums are divided among threads, so each number of them has bytes of its own: always the same.
    @Test func theSameThreadsGiveTheSameBytes() throws {
        let (data, runs) = (try TemporaryFolder(), try TemporaryFolder())
        try TinyData.write(to: data.url)
        func weights(
            _ arguments: [String], _ environment: [String: String] = [:]
        ) throws -> Data {
            let outcome = try Program.run(
                [
                    "train", "--data-dir", data.path, "--runs-dir", runs.path, "--epochs", "1",
                    "--batch-size", "32",
                ] + arguments, environment: environment)
            let run = try #require(outcome.value("run"), "\(outcome)")
            return try Data(contentsOf: URL(filePath: "\(run)/weights/last.safetensors"))
        }
        for threads in ["1", "2", "4", "8"] {
            for backend in [
                ["cpu", "--threads", threads], ["opencl", "--kernel-engine", "register"],
                ["opencl", "--kernel-engine", "local"],
            ] {
                let all = try (0..<2).map { _ in
                    try weights(["--backend"] + backend, ["POCL_MAX_PTHREAD_COUNT": threads])
                }
                #expect(all[0] == all[1], "\(threads) threads, \(backend)")
            }
        }
    }

    @Test func aRunThatDivergesSaysWhere() throws {
        let (data, runs) = (try TemporaryFolder(), try TemporaryFolder())
        try TinyData.write(to: data.url)
        let outcome = try train(
            ["--backend", "cpu", "--optimizer", "SGD", "--lr", "1000000"], data, runs)
        #expect(outcome.status == 3, "\(outcome)")
        #expect(outcome.errors.contains("step"))
    }

    @Test func aDryRunTrainsNothing() throws {
        let (data, runs) = (try TemporaryFolder(), try TemporaryFolder())
        try TinyData.write(to: data.url)
        let outcome = try train(["--backend", "cpu", "--dry-run"], data, runs)
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("LLS_SmallConv"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: runs.url.path()).isEmpty)
    }

    @Test(arguments: backends)
    func aTraceHoldsTheRunsLaunches(backend: [String]) throws {
        let (data, runs) = (try TemporaryFolder(), try TemporaryFolder())
        try TinyData.write(to: data.url)
        let trace = runs.url.appending(path: "trace.json")
        let outcome = try train(backend + ["--epochs", "1", "--trace", trace.path()], data, runs)
        #expect(outcome.status == 0, "\(outcome)")
        let file = try JSONSerialization.jsonObject(with: Data(contentsOf: trace))
        let events = try #require((file as? [String: Any])?["traceEvents"] as? [[String: Any]])
        #expect(events.count > 10 && events.allSatisfy { $0["dur"] is Double })
    }

    @Test func aTraceThatCannotBeWrittenIsRefusedBeforeTheRun() throws {
        let (data, runs) = (try TemporaryFolder(), try TemporaryFolder())
        try TinyData.write(to: data.url)
        let outcome = try train(["--trace", "/no/such/folder/trace.json"], data, runs)
        #expect(outcome.status == 73 && outcome.errors.contains("/no/such/folder"), "\(outcome)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: runs.url.path()).isEmpty)
    }

    @Test func theResultIsReadableByPrograms() throws {
        let (data, runs) = (try TemporaryFolder(), try TemporaryFolder())
        try TinyData.write(to: data.url)
        let outcome = try train(["--backend", "cpu", "--epochs", "1", "--json"], data, runs)
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(outcome.lastLine.utf8)) as? [String: Any])
        #expect(
            Set(object.keys) == [
                "epochs", "test_top1", "test_top5", "test_loss", "images_per_second",
                "peak_bytes", "run",
            ])
    }

    private func train(
        _ arguments: [String], _ data: TemporaryFolder, _ runs: TemporaryFolder
    ) throws -> Program.Outcome {
        try Program.run(
            ["train", "--data-dir", data.url.path(), "--runs-dir", runs.url.path()]
                + ["--batch-size", "32"] + arguments)
    }
}
