import ArgumentParser
import Datasets
import LocalLearning

struct BenchData: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data",
        abstract:
            "Times the data pipeline, from files to batches of floats, in samples per second.",
        discussion: "Example: lls bench data --dataset CIFAR10AUG --json")

    @OptionGroup var source: DataOptions
    @OptionGroup var badImagesOption: BadImagesOption
    @Option(help: "The split: train (shuffled and augmented) or test.") var split = DataDump.Split
        .train
    @Option(help: "Images in a batch.") var batch = 128
    @Option(
        help: "Threads of the loader (default: 1 for images in memory, else all cores).")
    var threads: Int?
    @Option(help: "Seconds to measure.") var seconds = 3.0
    @Flag(help: "Print one JSON object.") var json = false

    private struct Result: Encodable {
        let dataset, split: String
        let samples_per_second, seconds: Double
        let samples, batch, threads: Int
    }

    func validate() throws {
        try requireWithinBounds(("batch", batch), ("threads", threads))
        try requireSeconds("seconds", seconds)
    }

    func run() throws {
        let (dataset, _) = try source.load().applying(badImagesOption.badImages ?? .error)
        let loader: BatchLoader =
            split == .train
            ? .training(dataset, seed: 0, batchSize: batch) : .testing(dataset, batchSize: batch)
        let batches = LoaderSource(loader, threads: threads)
        let clock = ContinuousClock()
        let start = clock.now
        var (epoch, samples, elapsed) = (0, 0, 0.0)
        while elapsed < seconds {
            epoch += 1
            do {
                try batches.forEachBatch(epoch: epoch) { _, labels in
                    samples += labels.count
                    elapsed = (clock.now - start) / .seconds(1)
                    return elapsed < seconds
                }
            } catch {
                throw dataset.explaining(error)
            }
        }
        let result = Result(
            dataset: dataset.name, split: split.rawValue,
            samples_per_second: Double(samples) / elapsed, seconds: elapsed, samples: samples,
            batch: batch, threads: threads ?? PrefetchingLoader.defaultThreads(for: loader.split))
        Console.result(
            json
                ? try LLSCommands.json(result)
                : "\(result.samples_per_second.fixed(0)) samples/s  \(dataset.name) "
                    + "\(split.rawValue), batch \(batch), \(result.threads) threads")
    }
}
