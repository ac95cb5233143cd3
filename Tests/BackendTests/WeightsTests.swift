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
        let network = try Network(
            unset: NetworkDescription(
                try Self.model(stated.model), input: [stated.side, stated.side, 3], classes: 10,
                rule: try Self.rule(stated.rule)),
            batch: 2, on: try BLASBackend(threads: 1))
        let file = try network.weights()
        let shapes = file.entries.mapValues(\.shape)
        let expected = Dictionary(uniqueKeysWithValues: stated.tensors.map { ($0.name, $0.shape) })
        #expect(shapes == expected)
    }

    @Test(arguments: ["LLS", "LLS_MxM", "DFA", "DRTP"])
    func whatIsSavedIsLoaded(rule: String) throws {
        let model = rule == "DRTP" ? "DRTP_SmallConv" : "LLS_SmallConv"
        let saved = try Self.network(model, rule)
        let other = try Self.network(model, rule, seed: 1)
        #expect(try other.weights() != saved.weights())
        try other.load(try saved.weights())
        #expect(try other.weights() == saved.weights())
    }

    @Test(arguments: ["missing", "extra", "misshaped", "NaN"])
    func damageIsNamedAndChangesNothing(kind: String) throws {
        let network = try Self.network("LLS_SmallConv", "LLS")
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

    /// A network is of use as it is made: drawn from a seed, or as a file has it.
    @Test func aNetworkIsMadeFromItsWeights() throws {
        let saved = try Self.network("LLS_SmallConv", "LLS_MxM", seed: 3).weights()
        let loaded = try Network(
            Self.description("LLS_SmallConv", "LLS_MxM"), batch: 2, weights: saved,
            on: try BLASBackend(threads: 1))
        #expect(try loaded.weights() == saved)
        #expect(throws: WeightsMismatchError.self) {
            _ = try Network(
                Self.description("LLS_SmallConv", "LLS"), batch: 2, weights: saved,
                on: try BLASBackend(threads: 1))
        }
    }

    /// On the CPU, 10 classes, images of 32×32.
    private static func network(
        _ model: String, _ rule: String, seed: UInt64 = 0
    ) throws -> Network {
        try Network(
            description(model, rule), batch: 2, seed: seed, on: try BLASBackend(threads: 1))
    }

    private static func description(_ model: String, _ rule: String) throws -> NetworkDescription {
        try NetworkDescription(
            try Self.model(model), input: [32, 32, 3], classes: 10, rule: try Self.rule(rule))
    }

    private static func model(_ name: String) throws -> Architecture {
        try #require(ModelCatalog.all.first { $0.name == name })
    }

    private static func rule(_ name: String) throws -> any LearningRule {
        try #require(RuleCatalog.all.first { $0.name == name })
    }
}
