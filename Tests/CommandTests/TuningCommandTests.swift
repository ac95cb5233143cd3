import Foundation
import TestSupport
import Testing

/// `tune`, `profile`, small devices and caches that cannot be used, as a user meets them.
struct TuningCommandTests {
    private let tiny = ["--input", "3x8x8", "--batch", "4"]

    /// Our cache there, and PoCL's where it always is: without one it offers no device, and with a
    /// new one it compiles for minutes.
    private func environment(cache: String) -> [String: String] {
        let here = ProcessInfo.processInfo.environment
        let base = here["XDG_CACHE_HOME"] ?? (here["HOME"] ?? "/tmp") + "/.cache"
        return [
            "XDG_CACHE_HOME": cache, "LLS_TUNING": "auto",
            "POCL_CACHE_DIR": here["POCL_CACHE_DIR"] ?? base + "/pocl/kcache",
        ]
    }

    private func objects(_ text: String) throws -> [[String: Any]] {
        try text.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    @Test func aSearchIsKeptAndNotRepeated() throws {
        let cache = try TemporaryFolder()
        let environment = environment(cache: cache.path)
        let tune = ["tune", "--budget", "0.001", "--json"] + tiny
        let first = try Program.run(tune, environment: environment)
        #expect(first.status == 0, "\(first)")
        #expect(try objects(first.output).count > 5)
        #expect(try cache.contents("lls/tuning").count == 1)
        let again = try Program.run(tune + ["--retune"], environment: environment)
        #expect(try objects(again.output).count == objects(first.output).count)
        // A run finds the table, and searches for nothing.
        let step = try Program.run(
            ["bench", "step", "--backend", "opencl", "--steps", "1"] + tiny,
            environment: environment)
        #expect(step.status == 0 && !step.errors.contains("searching"), "\(step)")
    }

    @Test func whatCannotBeKeptIsNotSearchedFor() throws {
        let folder = try TemporaryFolder()
        let environment = environment(cache: try folder.put([1], as: "file"))
        let tune = try Program.run(["tune"] + tiny, environment: environment)
        #expect(tune.status == 73 && tune.errors.contains("XDG_CACHE_HOME"), "\(tune)")
        // A run does without.
        let step = try Program.run(
            ["bench", "step", "--backend", "opencl", "--steps", "1"] + tiny,
            environment: environment)
        #expect(step.status == 0 && step.errors.contains("tuning   off"), "\(step)")
    }

    @Test func aCacheFullOfRubbishIsIgnored() throws {
        let cache = try TemporaryFolder()
        let environment = environment(cache: cache.path)
        let tune = ["tune", "--budget", "0.001"] + tiny
        _ = try Program.run(tune, environment: environment)
        let name = try #require(try cache.contents("lls/tuning").first)
        let file = cache.url.appending(path: "lls/tuning/\(name)")
        for rubbish in [Data(), Data("rubbish".utf8), Data(repeating: 0xFF, count: 1 << 16)] {
            try rubbish.write(to: file)
            let step = try Program.run(
                ["bench", "step", "--backend", "opencl", "--tuning", "cached", "--steps", "1"]
                    + tiny, environment: environment)
            #expect(step.status == 0, "\(step)")
        }
    }

    @Test(arguments: [
        (["tune", "--backend", "cpu"], "OpenCL"), (["tune", "--budget", "0"], "--budget"),
        (["tune", "--budget", "nan"], "--budget"), (["tune", "--tuning", "ato"], "auto"),
        (["profile", "--steps", "0"], "--steps"), (["profile", "--rule", "LSL"], "LLS"),
    ])
    func aBadFlagIsExplained(arguments: [String], mention: String) throws {
        let outcome = try Program.run(arguments)
        #expect(outcome.status == 64 && outcome.errors.contains(mention), "\(outcome)")
    }

    @Test(arguments: ["opencl", "cpu"])
    func aProfileAddsUp(backend: String) throws {
        let folder = try TemporaryFolder()
        let trace = folder.path + "/trace.json"
        let outcome = try Program.run(
            ["profile", "--backend", backend, "--json", "--trace", trace, "--steps", "2"] + tiny)
        #expect(outcome.status == 0, "\(outcome)")
        let profile = try #require(try objects(outcome.output).first)
        let bytes = try #require(profile["bytes"] as? [String: Int])
        let parts = ["activations", "parameters", "gradients", "optimizer", "other", "scratch"]
        #expect(parts.compactMap { bytes[$0] }.reduce(0, +) == bytes["planned"])
        let (planned, measured) = (bytes["planned"] ?? 0, bytes["measured_peak"] ?? 0)
        #expect(measured >= planned - (bytes["scratch"] ?? 0), "\(bytes)")
        // Small change: the losses' ring, a row of zeros, what reductions borrow.
        #expect(measured < planned + planned / 2, "\(bytes)")
        let kernels = try #require(profile["kernels"] as? [[String: Any]])
        let launches = kernels.compactMap { $0["launches_per_step"] as? Double }.reduce(0, +)
        #expect(launches == profile["launches_per_step"] as? Double && launches > 10)
        let file = try JSONSerialization.jsonObject(
            with: Data(contentsOf: URL(filePath: trace)))
        let events = try #require((file as? [String: Any])?["traceEvents"] as? [[String: Any]])
        #expect(Double(events.count) == 2 * launches)
        #expect(
            events.allSatisfy { ($0["dur"] as? Double ?? -1) >= 0 && $0["ph"] as? String == "X" })
    }

    @Test func aTraceThatCannotBeWrittenIsNamed() throws {
        let outcome = try Program.run(
            ["profile", "--backend", "cpu", "--trace", "/no/such/folder/trace.json"] + tiny)
        #expect(outcome.status == 73 && outcome.errors.contains("/no/such/folder"), "\(outcome)")
    }

    @Test func theLargestBatchThatFitsIsNamedBeforeTheFirstStep() throws {
        let outcome = try Program.run(
            ["bench", "step", "--backend", "opencl", "--batch", "128"],
            environment: ["LLS_OPENCL_MEMORY_LIMIT": "20000000"])
        #expect(outcome.status == 71 && outcome.output.isEmpty, "\(outcome)")
        let words = outcome.errors.split(whereSeparator: \.isWhitespace).map(String.init)
        let place = try #require(words.lastIndex(of: "is"))
        let batch = try #require(Int(words[place + 1]))
        #expect((2..<128).contains(batch))
        // And it does fit.
        let smaller = try Program.run(
            ["bench", "step", "--backend", "opencl", "--steps", "1", "--batch", "\(batch - 4)"],
            environment: ["LLS_OPENCL_MEMORY_LIMIT": "20000000"])
        #expect(smaller.status == 0, "\(smaller)")
    }

    /// Embedded devices: small groups, and next to no local memory. Few operations each, since
    /// every group size is compiled anew.
    @Test(arguments: [
        (["LLS_OPENCL_GROUP_LIMIT": "64"], "matrix/multiply"),
        (["LLS_OPENCL_LOCAL_MEMORY_LIMIT": "2048"], "batch"),
        (["LLS_OPENCL_GROUP_LIMIT": "32", "LLS_OPENCL_LOCAL_MEMORY_LIMIT": "2048"], "loss"),
    ])
    func smallDevicesComputeRight(environment: [String: String], filter: String) throws {
        let outcome = try Program.run(
            [
                "selftest", "--small", "--backend", "opencl", "--kernel-engine", "local",
                "--filter", filter,
            ], environment: environment)
        #expect(outcome.status == 0, "\(outcome)")
    }

    /// What is taken in slabs and chunks is more than one of them only in large problems, unless
    /// they are small.
    @Test(arguments: ["register", "local"])
    func manySmallSlabsComputeRight(engine: String) throws {
        let outcome = try Program.run(
            [
                "selftest", "--backend", "opencl", "--kernel-engine", engine, "--filter",
                "convolution",
            ], environment: ["LLS_OPENCL_SLAB_LIMIT": "20000"])
        #expect(outcome.status == 0, "\(outcome)")
    }

    @Test(arguments: [
        ["LLS_OPENCL_GROUP_LIMIT": "16"], ["LLS_OPENCL_LOCAL_MEMORY_LIMIT": "1024"],
    ])
    func aDeviceThatIsTooSmallIsExplained(environment: [String: String]) throws {
        let outcome = try Program.run(
            ["selftest", "--small", "--backend", "opencl", "--kernel-engine", "local"],
            environment: environment)
        #expect(outcome.status == 69, "\(outcome)")
        #expect(outcome.errors.contains("--kernel-engine register"))
    }

    #if arch(x86_64)
        @Test(arguments: ["Haswell", "Nehalem"])
        func theUsersChoiceOfOpenBLASKernelsIsHonouredAndPrinted(core: String) throws {
            let outcome = try Program.run(
                ["devices"], environment: ["OPENBLAS_CORETYPE": core])
            #expect(outcome.output.contains("OpenBLAS \(core)"), "\(outcome)")
        }
    #endif
}
