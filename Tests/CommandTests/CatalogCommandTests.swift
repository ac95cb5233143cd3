import Foundation
import LocalLearning
import TestSupport
import Testing

/// `models ls`, `rules ls` and `optimizers ls`, of our program and of somebody else's.
struct CatalogCommandTests {
    private static let ours = Program.path
    private static let theirs = Program.path.deletingLastPathComponent()
        .appending(path: "own-rule")

    private func list(
        _ catalog: String, _ program: URL = ours, _ arguments: [String] = []
    ) throws -> [[String: Any]] {
        let outcome = try Program.run(
            [catalog, "ls", "--json"] + arguments, executable: program)
        try #require(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome)")
        return try outcome.output.split(separator: "\n").map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
            return try #require(object as? [String: Any])
        }
    }

    /// Every entry of ours says what it is and who published it, in a few words.
    @Test(arguments: [
        ("models", ModelCatalog.all.map(\.name)), ("rules", RuleCatalog.all.map(\.name)),
        ("optimizers", OptimizerCatalog.all.map(\.name)),
    ])
    func everyEntryIsListedAndDescribed(catalog: String, names: [String]) throws {
        let entries = try list(catalog)
        #expect(entries.compactMap { $0["name"] as? String } == names)
        for entry in entries {
            for key in ["summary", "source"] {
                let text = try #require(entry[key] as? String)
                #expect((5...120).contains(text.count), "\(entry)")
                #expect(!text.hasSuffix("."))
            }
        }
        let table = try Program.run([catalog, "ls"])
        #expect(table.status == 0)
        for name in names { #expect(table.output.contains("\n\(name) "), "\(table.output)") }
        let lines = table.output.split(separator: "\n")
        #expect(!lines.contains { $0.hasSuffix(" ") })
    }

    /// By hand: 896 + 18 496 + 73 856 of convolutions, 262 656 and 5 130 of linear maps; batch norms have
    /// two numbers a channel.
    @Test func sizesOfANetworkAreRight() throws {
        let small = try #require(
            try list("models").first { $0["name"] as? String == "LLS_SmallConv" })
        #expect(small["blocks"] as? Int == 4)
        #expect(small["input"] as? String == "3x32x32" && small["classes"] as? Int == 10)
        let convolutions = 896 + 18_496 + 73_856 + 2 * (32 + 64 + 128)
        #expect(small["parameters"] as? Int == convolutions + 262_656 + 2 * 512 + 5_130)
        let (first, second, third) = (1024 * 27 * 32, 256 * 288 * 64, 64 * 576 * 128)
        #expect(
            small["multiply_accumulates"] as? Int == first + second + third + 512 * 512 + 512 * 10)
        let grey = try #require(
            try list("models", Self.ours, ["--input", "1x28x28", "--classes", "3"]).first)
        #expect(grey["classes"] as? Int == 3 && grey["input"] as? String == "1x28x28")
        let tiny = try #require(try list("models", Self.ours, ["--input", "1x1x1"]).first)
        #expect(tiny["blocks"] == nil && (tiny["problem"] as? String)?.isEmpty == false)
    }

    /// What the paper claims of its rule, by our own count.
    @Test func rulesAreComparedWithBackpropagation() throws {
        let outcome = try Program.run([
            "profile", "--compare-rules", "--model", "LLS_VGG8", "--json",
        ])
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome)")
        let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        let comparison = try #require(object as? [String: Any])
        let rows = try #require(comparison["rows"] as? [[String: Any]])
        #expect(rows.count >= 10)
        func row(_ name: String) throws -> [String: Any] {
            try #require(rows.first { $0["rule"] as? String == name })
        }
        let (lls, bp) = (try row("LLS"), try row("BP"))
        let (signal, whole) = (lls["learning_signal"] as? Int, bp["learning_signal"] as? Int)
        let saving = try #require(lls["learning_signal_saving"] as? Double)
        #expect(saving > 100 && saving < 100_000)
        #expect(saving == Double(whole ?? 0) / Double(signal ?? 1))
        #expect(lls["forward"] as? Int == bp["forward"] as? Int)
        #expect(lls["weight_gradient"] as? Int == bp["weight_gradient"] as? Int)
        #expect(bp["memory_saving"] == nil)
        let text = try Program.run(["profile", "--compare-rules", "--model", "LLS_VGG8"])
        let conclusion = try #require(comparison["conclusion"] as? String)
        #expect(text.lastLine == conclusion && conclusion.contains("fewer multiply–accumulates"))
    }

    @Test func methodsAndMemoryAreThoseOfTheTypes() throws {
        let rules = try list("rules", Self.theirs)
        let kinds = Dictionary(
            uniqueKeysWithValues: rules.map { ($0["name"] as? String, $0["kind"] as? String) })
        #expect(kinds["LLS"] == "local" && kinds["DFA"] == "direct" && kinds["BP"] == "chained")
        #expect(kinds["Walsh"] == "local")
        let optimizers = try list("optimizers", Self.theirs)
        let bytes = Dictionary(
            uniqueKeysWithValues: optimizers.map {
                ($0["name"] as? String, $0["bytes_per_parameter"] as? Double)
            })
        #expect(bytes["SGD"] == 4 && bytes["Adam"] == 8 && bytes["AdamWSF"] == 8)
        // Its direction is memory, too, though no run needs to keep it.
        #expect(bytes["Lion"] == 8)
        let lion = try #require(optimizers.last)
        #expect((lion["source"] as? String)?.contains("Chen") == true)
        let wide = try #require(try list("models", Self.theirs).last)
        #expect(wide["name"] as? String == "Wide" && wide["source"] as? String == "")
        #expect((wide["blocks"] as? Int) == 3)
    }
}
