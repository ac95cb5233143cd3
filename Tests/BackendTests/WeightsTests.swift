import BLASBackend
import FileFormats
import Foundation
import LocalLearning
import Tensors
import Testing

/// Weights files against what the published PyTorch models save, and against damage.
struct WeightsTests {
    /// One of `Tests/Fixtures/make_state_dicts.py`'s.
    struct StateDict: Decodable, Sendable, CustomTestStringConvertible {
        let model, rule: String
        let classes, side: Int
        let tensors: [Stated]

        struct Stated: Decodable {
            let name: String
            let shape: [Int]

            init(from decoder: any Decoder) throws {
                var pair = try decoder.unkeyedContainer()
                name = try pair.decode(String.self)
                shape = try pair.decode([Int].self)
            }
        }

        var testDescription: String { "\(model) by \(rule)" }
    }

    static let stateDicts: [StateDict] = {
        let file = GoldenTests.folder.deletingLastPathComponent().appending(
            path: "state_dicts.json")
        let data = (try? Data(contentsOf: file)) ?? Data()
        return (try? JSONDecoder().decode([StateDict].self, from: data)) ?? []
    }()

    @Test func theFixtureIsThere() { #expect(Self.stateDicts.count == 28) }

    @Test(arguments: stateDicts)
    func filesHoldWhatThePublishedModelSaves(stated: StateDict) throws {
        let network = try Self.network(stated.model, stated.rule, side: stated.side)
        let file = try network.weights()
        let shapes = file.entries.mapValues(\.shape)
        let expected = Dictionary(uniqueKeysWithValues: stated.tensors.map { ($0.name, $0.shape) })
        #expect(shapes == expected)
    }

    @Test(arguments: ["LLS", "LLS_MxM", "DFA", "DRTP"])
    func whatIsSavedIsLoaded(rule: String) throws {
        let model = rule == "DRTP" ? "DRTP_SmallConv" : "LLS_SmallConv"
        let saved = try Self.network(model, rule)
        try saved.initialize()
        let other = try Self.network(model, rule)
        try other.load(try saved.weights())
        #expect(try other.weights() == saved.weights())
        for (a, b) in zip(saved.projections, other.projections) {
            #expect(try a.values(on: saved.backend) == b.values(on: other.backend))
        }
    }

    @Test(arguments: ["missing", "extra", "misshaped", "NaN"])
    func damageIsNamedAndChangesNothing(kind: String) throws {
        let network = try Self.network("LLS_SmallConv", "LLS")
        try network.initialize()
        let before = try network.weights()
        var file = before
        let name = "linear.bias"
        switch kind {
        case "missing": file[name] = nil
        case "extra": file["linear.bia"] = file[name]
        case "misshaped": file[name] = .init([Float](repeating: 0, count: 10), shape: [1, 10])
        default: file[name] = .init([.nan] + [Float](repeating: 0, count: 9), shape: [10])
        }
        let error = try #require(throws: (any Error).self) { try network.load(file) }
        #expect((error as? any CategorizedError)?.category == .malformedData)
        #expect("\(error)".contains("linear.bia"))
        #expect(try network.weights() == before)
    }

    /// On the CPU, 10 classes; what it holds is undefined.
    private static func network(_ model: String, _ rule: String, side: Int = 32) throws -> Network {
        try Network(
            try #require(ModelCatalog.all.first { $0.name == model }), input: [side, side, 3],
            classes: 10, batch: 2, rule: try #require(RuleCatalog.all.first { $0.name == rule }),
            on: try BLASBackend(threads: 1))
    }
}
