// Uses everything that has threads of its own as training does: the loader, the passes over a whole data set,
// and the thread pool of the CPU backend. Scripts/sanitize_threads builds it with the thread sanitizer.
//     sanitized-threads PICTURES
import BLASBackend
import Datasets
import Foundation
import LocalLearning

guard CommandLine.arguments.count == 2 else {
    print("usage: sanitized-threads FOLDER-OF-CLASS-FOLDERS")
    exit(64)
}
var settings = PreparationSettings()
settings.size = PreparationSettings.Size(height: 32, width: 32)
settings.augmentation = .standard
settings.validation = .share(0.25, seed: 0)
let data = try DatasetCatalog.named("folder:" + CommandLine.arguments[1]).prepared(with: settings)
    .load()

for threads in [1, 2, 4, 8] {
    _ = try data.measureNormalization(threads: threads) { _, _ in }
    _ = data.findBadImages(threads: threads) { _, _ in }
    let loader = BatchLoader.training(data, seed: 0, batchSize: 8)
    let ahead = try PrefetchingLoader(loader, epochs: 0..<2, threads: threads)
    var batches = 0
    while try ahead.withNextBatch({ $0.count > 0 }) == true { batches += 1 }
    // Stopped in the midst of it.
    for taken in 0..<3 {
        let ahead = try PrefetchingLoader(loader, epochs: 0..<9, threads: threads)
        for _ in 0..<taken { _ = try ahead.withNextBatch { $0.count } }
        ahead.stop()
    }
    print("\(threads) threads: \(batches) batches")
}

for (threads, rule) in [(2, LLS() as any LearningRule), (4, LLSMxM()), (8, Backpropagation())] {
    let train = LoaderSource(.training(data, seed: 0, batchSize: 8), threads: 4)
    let test = LoaderSource(.testing(data, batchSize: 8), threads: 4)
    let network = try Network(
        NetworkDescription(
            .smallConv, input: train.sampleShape, classes: data.classNames.count, rule: rule),
        batch: 8, on: try BLASBackend(threads: threads))
    let report = try Trainer(
        network, optimizer: PublishedOptimizer.sgd, OptimizerSettings(learningRate: 1e-5),
        TrainingOptions(epochs: 1, maxSteps: 4, statisticsBatches: 2)
    ).run(train: train, test: test)
    print("\(threads) threads: \(rule.name) \(report?.test.samples ?? 0) samples")
}
