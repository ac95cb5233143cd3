import Foundation
import TestSupport
import Testing

/// Devices with little memory, and losses that wait long.
struct MemoryTests {
    private func train(
        _ arguments: [String], in folder: URL, memory: Int? = nil
    ) throws -> Program.Outcome {
        try Program.run(
            [
                "train", "--data-dir", folder.path(), "--runs-dir",
                folder.appending(path: "runs").path(), "--epochs", "1", "--progress", "none",
            ] + arguments,
            environment: memory.map { ["LLS_OPENCL_MEMORY_LIMIT": "\($0)"] } ?? [:])
    }

    /// The named batch trains, and holds no more than there is; one more is refused.
    @Test(arguments: ["register", "local"], ["LLS", "BP"])
    func theLargestBatchThatIsNamedTrains(engine: String, rule: String) throws {
        let folder = try TemporaryFolder()
        try TinyData.write(to: folder.url)
        let (memory, backend) = (
            40_000_000,
            [
                "--backend", "opencl", "--kernel-engine", engine, "--rule", rule,
                "--test-batch-size", "8",
            ]
        )
        let asked = try train(backend + ["--batch-size", "4000"], in: folder.url, memory: memory)
        #expect(asked.status == 71, "\(asked)")
        let words = asked.errors.split(whereSeparator: \.isWhitespace)
        let largest = try #require(words.last.flatMap { Int($0) }, "\(asked)")
        #expect(largest > 16)
        let more = try train(
            backend + ["--batch-size", "\(largest + 1)"], in: folder.url, memory: memory)
        #expect([71, 78].contains(more.status), "\(more)")
        #expect(
            !FileManager.default.fileExists(atPath: folder.url.appending(path: "runs").path()))
        let trained = try train(
            backend + ["--batch-size", "\(largest)"], in: folder.url, memory: memory)
        #expect(trained.status == 0, "\(trained)")
        let peak = try #require(trained.value("peak_bytes").flatMap { Int($0) })
        #expect(peak <= memory)
    }

    /// Losses are read in pieces, so a report that never comes costs nothing and changes nothing.
    @Test(arguments: [["--backend", "cpu"], ["--backend", "opencl"]])
    func rareReportsChangeNothing(backend: [String]) throws {
        let folder = try TemporaryFolder()
        try TinyData.write(to: folder.url)
        let outcomes = try [10, 64, 100_000].map { every in
            try train(
                backend + ["--batch-size", "2", "--report-every", "\(every)"], in: folder.url)
        }
        for outcome in outcomes {
            #expect(outcome.status == 0, "\(outcome)")
            #expect(outcome.value("test_loss") == outcomes[0].value("test_loss"))
        }
        #expect(outcomes[1].value("peak_bytes") == outcomes[2].value("peak_bytes"))
    }

    /// A kernel that may have few work-items is launched in smaller groups.
    @Test func groupsOfSixteenTrainToo() throws {
        let folder = try TemporaryFolder()
        try TinyData.write(to: folder.url)
        let arguments = [
            "train", "--data-dir", folder.path, "--runs-dir", folder.path + "/runs", "--epochs",
            "2",
            "--batch-size", "32", "--backend", "opencl", "--kernel-engine", "local", "--progress",
            "none",
        ]
        let top1 = try ["256", "kernel=16"].map { limit in
            let outcome = try Program.run(
                arguments, environment: ["LLS_OPENCL_GROUP_LIMIT": limit])
            #expect(outcome.status == 0, "\(outcome)")
            return try #require(outcome.value("test_top1").flatMap { Double($0) })
        }
        #expect(abs(top1[0] - top1[1]) <= 10 && top1[1] > 20, "\(top1)")
    }

    /// Short operations are timed for a second, not for ever.
    @Test(arguments: ["cpu", "opencl"])
    func theSmallestProductIsTimed(backend: String) throws {
        let outcome = try Program.run(
            ["bench", "gemm", "--m", "1", "--n", "1", "--k", "1", "--backend", backend])
        #expect(outcome.status == 0 && outcome.output.contains("GFLOP/s"), "\(outcome)")
    }
}
