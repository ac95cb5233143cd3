import LocalLearning
import Randomness
import ReferenceBackend
import Tensors
import TestSupport
import Testing

/// What class weights do to a training, whatever the rule.
struct ClassWeightsTests {
    private static func description(
        _ weights: [Float]?, of rule: any LearningRule = LLS()
    ) throws -> NetworkDescription {
        try NetworkDescription(
            TinyTraining.architecture, input: [8, 8, 1], classes: 3, rule: rule,
            NetworkOptions(classWeights: weights))
    }

    // MARK: Refusals

    @Test(
        arguments: [
            [], [1], [1, 1], [1, 1, 1, 1], [1, 0, 1], [1, -1, 1], [1, .nan, 1], [.infinity, 1, 1],
            [1, 1, 1e-30],
        ] as [[Float]])
    func weightsThatNoLossCanTakeAreRefused(weights: [Float]) throws {
        let error = try #require(throws: ArchitectureError.self) {
            _ = try Self.description(weights)
        }
        #expect(error.layer == "class weights")
        #expect(!"\(error)".contains("--") && !"\(error)".contains("\n"))
    }

    @Test func theWeightsStayWithTheDescription() throws {
        let weights: [Float] = [1e-9, 1, 1e9]
        let description = try Self.description(weights)
        #expect(description.options.classWeights == weights)
        #expect(try description.taught(by: DFA()).options.classWeights == weights)
        #expect(NetworkOptions().classWeights == nil)
    }

    // MARK: What they mean

    /// Two epochs' losses, then all parameters.
    private static func training(
        _ rule: any LearningRule, _ weights: [Float]?
    ) throws -> [Double] {
        let network = try Network(
            description(weights, of: rule), batch: 4, seed: 1, on: ReferenceBackend())
        let report = try Trainer(
            network, optimizer: PublishedOptimizer.sgd, OptimizerSettings(learningRate: 0.01),
            TrainingOptions(epochs: 2)
        ).run(train: TinySource(), test: TinySource())
        let losses = (report?.losses ?? []).map { Double($0) }
        return try losses + network.parameters.flatMap { try $0.values().map { Double($0) } }
    }

    @Test(arguments: RuleCatalog.all.map(\.name))
    func onlyTheirRatiosMatter(name: String) throws {
        let rule = try #require(RuleCatalog.all.first { $0.name == name })
        let plain = try Self.training(rule, nil)
        func deviation(_ one: [Double], _ other: [Double]) -> Double {
            #expect(one.count == other.count && !one.isEmpty)
            return zip(one, other).reduce(0) { max($0, abs($1.0 - $1.1)) }
        }
        // Equal weights are none, and twice the weights are the same ones.
        #expect(try deviation(plain, Self.training(rule, [4, 4, 4])) < 1e-6)
        let weighted = try Self.training(rule, [0.25, 1, 2])
        #expect(try deviation(weighted, Self.training(rule, [0.5, 2, 4])) < 1e-6)
        // But they are not without effect, neither on the losses nor on what is learned.
        #expect(deviation(plain, weighted) > 1e-3)
    }

    // MARK: What they are for

    /// Images of two classes that overlap: the second is brighter, and one sample in sixteen.
    private final class Rare: BatchSource {
        let sampleShape: Shape = [8, 8, 1]
        let sampleCount = 256
        let batchSize = 64
        let secondsWaited = 0.0

        func forEachBatch(
            epoch: Int, from first: Int,
            _ body: (
                _ images: UnsafeBufferPointer<Float>, _ labels: UnsafeBufferPointer<Int32>
            ) throws -> Bool
        ) throws {
            for batch in first..<4 {
                let labels = (0..<64).map { Int32($0 % 16 == 3 ? 1 : 0) }
                let noise = RandomSource(seed: 3, stream: "rare", epoch, batch)
                let shades = RandomSource(seed: 3, stream: "shade", epoch, batch).uniforms(64)
                let images = (0..<64 * 64).map { index in
                    shades[index / 64] + 0.6 * Float(labels[index / 64])
                        + 0.5 * noise.uniform(index)
                }
                let goesOn = try images.withUnsafeBufferPointer { images in
                    try labels.withUnsafeBufferPointer { try body(images, $0) }
                }
                if !goesOn { return }
            }
        }
    }

    /// The share of the rare class that is found, in a training of ten epochs.
    private static func recall(_ weights: [Float]?) throws -> Double {
        let description = try NetworkDescription(
            TinyTraining.architecture, input: [8, 8, 1], classes: 2, rule: LLS(),
            NetworkOptions(classWeights: weights))
        let network = try Network(description, batch: 64, seed: 1, on: ReferenceBackend())
        let trainer = try Trainer(
            network, optimizer: PublishedOptimizer.adamW, OptimizerSettings(learningRate: 0.01),
            TrainingOptions(epochs: 10))
        _ = try trainer.run(train: Rare(), test: Rare())
        var (found, all) = (0, 0)
        try Rare().forEachBatch(epoch: 0) { images, labels in
            let logits = try network.backend.read(network.infer(images, labels))
            for row in 0..<labels.count where labels[row] == 1 {
                all += 1
                if logits[2 * row + 1] > logits[2 * row] { found += 1 }
            }
            return true
        }
        return Double(found) / Double(all)
    }

    @Test func balancedWeightsFindMoreOfARareClass() throws {
        let (plain, balanced) = (try Self.recall(nil), try Self.recall([0.53, 8]))
        #expect(balanced >= plain + 0.3, "\(plain) → \(balanced)")
    }
}
