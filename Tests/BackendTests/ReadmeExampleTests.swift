import BLASBackend
import Datasets
import Foundation
import LocalLearning
import TestSupport
import Testing

/// The README's example, on fewer samples.
struct ReadmeExampleTests {
    @Test func theExampleTrains() throws {
        let folder = try TemporaryFolder()
        let data = try DatasetCatalog.named("FashionMNIST").load()
        let train = LoaderSource(.training(data, seed: 0, batchSize: 128, limit: 2560))
        let test = LoaderSource(.testing(data, batchSize: 128, limit: 1000))

        let description = try NetworkDescription(
            .smallConv, input: train.sampleShape, classes: data.classNames.count, rule: LLS())
        let network = try Network(description, batch: 128, seed: 0, on: try BLASBackend())

        let trainer = try Trainer(
            network, optimizer: PublishedOptimizer.adamWScheduleFree,
            OptimizerSettings(learningRate: 5e-3), TrainingOptions(epochs: 1))
        let report = try trainer.run(train: train, test: test) { event in
            if case .steps(let steps) = event { print(steps.step, steps.losses) }
        }
        try network.weights().write(to: folder.path + "/smallconv.safetensors")
        #expect((report?.test.top1 ?? 0) > 50)
        #expect(try folder.contents() == ["smallconv.safetensors"])
    }
}
