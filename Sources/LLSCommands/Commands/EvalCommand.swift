import ArgumentParser
import Datasets
import FileFormats
import LocalLearning
import Profiling
import Runs
import Tensors

struct EvalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Evaluates saved weights on the test split: top-1, top-5, loss and confusion.",
        discussion: """
            Example: lls eval runs/fashionmnist-smallconv-lls/001
            Weights files of lls contain their network, rule, data set and classes. For other files, \
            name them: lls eval w.safetensors --dataset CIFAR10 --model LLS_VGG8 --rule LLS
            Classes are matched by name, whatever the order of their folders. A checkpoint \
            (RUN/checkpoints/NNNNNN) is evaluated as its run would do at that step.
            """)

    @OptionGroup var selection: BackendOptions

    @Option(
        help: "Data set (default: the one the weights were trained on).",
        completion: DatasetNames.completion) var dataset: String?
    @OptionGroup var place: DataFolderOptions
    @Option(
        help: "Network (default: that of the weights).", completion: ModelNames.completion)
    var model: String?
    @Option(
        name: [.customLong("rule"), .customLong("training-mode")],
        help: "Learning rule (default: that of the weights).", completion: RuleNames.completion)
    var rule: String?
    @Option(help: "Images in a batch.") var testBatchSize: Int?
    @Option(help: "Use only this many test samples (default: as in the run).") var limitTest: Int?
    @Flag(help: "Print one JSON object.") var json = false

    @OptionGroup var badImagesOption: BadImagesOption

    @Argument(
        help: "Run folder, checkpoint or weights file.", completion: .file(),
        transform: pathArgument)
    var path: String

    private struct Result: Encodable {
        let model, rule, dataset: String
        let samples: Int
        let test_top1: Double
        let test_top5: Double?
        let test_loss: Double
        /// The names of rows and columns of ``confusion``.
        let classes: [String]
        /// Rows are labels, columns predictions.
        let confusion: [[Int]]
        /// Left out, if images that cannot be read were to be.
        let skipped_images: Int?
    }

    func validate() throws {
        try requireWithinBounds(("test-batch-size", testBatchSize), ("limit-test", limitTest))
    }

    func run() throws {
        let weights = try SavedWeights(path)
        let configuration = try configuration(of: weights)
        let choices = try Choices(
            configuration, architecture: model == nil ? weights.architecture : nil)
        let policy = badImagesOption.badImages ?? choices.badImages
        let found = try weights.labelling(try choices.load(configuration))
        let (data, skipped) = try found.applying(policy, toTraining: false)
        for note in data.notes(limitTest: configuration.limitTest, isTrained: false) {
            Console.note("note: \(note)")
        }
        for difference in weights.card?.differences(from: data) ?? [] {
            Console.note("note: the weights were trained with \(difference)")
        }
        let backend = try selection.open()
        let test = LoaderSource(
            .testing(
                data, batchSize: configuration.testBatchSize, limit: configuration.limitTest))
        if limitTest == nil, let limit = configuration.limitTest, limit < data.test.count {
            Console.note(
                "note: \(limit) of \(data.test.count) test samples, as in the run; "
                    + "--limit-test \(data.test.count) uses all")
        }
        let description = try choices.network(
            configuration, input: test.sampleShape, classes: data.classNames.count)
        try backend.checkRoom(
            for: "\(choices.model.name) with batches of \(configuration.testBatchSize)",
            advice: "use a smaller --test-batch-size, or another device"
        ) {
            let network = try Network(
                unset: description, batch: configuration.testBatchSize, on: $0)
            try Evaluator(network).dryRun(
                test.sampleShape, samples: test.sampleCount, batch: configuration.testBatchSize)
        }
        do {
            let (network, evaluation) = try evaluate(
                weights, description, configuration, choices, data, test, on: backend)
            try show(
                Result(
                    model: choices.model.name, rule: choices.rule.name, dataset: data.name,
                    samples: evaluation.samples, test_top1: evaluation.top1,
                    test_top5: evaluation.top5, test_loss: evaluation.loss,
                    classes: data.classNames, confusion: try confusion(network, test),
                    skipped_images: skipped?.count))
        } catch {
            throw data.explaining(error)
        }
    }

    /// What the weights were made with, and what the flags change of it.
    private func configuration(of weights: SavedWeights) throws -> RunConfiguration {
        var configuration = try weights.configuration()
        if let dataset {
            configuration.dataset = dataset
            // What belongs to the run's own data.
            configuration.limitTest = nil
            if try namedDataset(dataset).namesItsPlace { configuration.dataDir = nil }
        }
        configuration.dataDir = place.dataDirectory ?? configuration.dataDir
        configuration.model = model ?? configuration.model
        configuration.rule = rule ?? configuration.rule
        configuration.testBatchSize = testBatchSize ?? configuration.testBatchSize
        configuration.limitTest = limitTest ?? configuration.limitTest
        // Nothing is dropped in inference.
        if !weights.isWithinEpoch { configuration.dropout = 0 }
        return configuration
    }

    private func evaluate(
        _ weights: SavedWeights, _ description: NetworkDescription,
        _ configuration: RunConfiguration, _ choices: Choices, _ data: ImageDataset,
        _ test: LoaderSource, on backend: any Backend
    ) throws -> (Network, Evaluation) {
        guard let checkpoint = weights.checkpoint, weights.isWithinEpoch else {
            let network = try Network(
                description, batch: configuration.testBatchSize, on: backend)
            try weights.load(into: network)
            return (network, try Evaluator(network).evaluate(on: test))
        }
        let network = try Network(
            description, batch: max(configuration.batchSize, configuration.testBatchSize),
            seed: configuration.seed, on: backend)
        let trainer = try Trainer(
            network, optimizer: choices.optimizer, OptimizerSettings(configuration),
            TrainingOptions(epochs: configuration.epochs, schedule: choices.schedule))
        try trainer.restore(try checkpoint.state())
        let train = LoaderSource(
            .training(
                data, seed: configuration.seed, batchSize: configuration.batchSize,
                limit: configuration.limitTrain))
        return (network, try trainer.evaluate(train: train, test: test))
    }

    private func confusion(_ network: Network, _ test: LoaderSource) throws -> [[Int]] {
        let classes = network.classes
        var counts = Array(repeating: Array(repeating: 0, count: classes), count: classes)
        try test.forEachBatch(epoch: 0) { images, labels in
            let logits = try network.backend.read(try network.infer(images, labels))
            for (row, label) in labels.enumerated() {
                let scores = logits[(row * classes)..<((row + 1) * classes)]
                let best = scores.indices.max { scores[$0] < scores[$1] } ?? scores.startIndex
                counts[Int(label)][best - scores.startIndex] += 1
            }
            return true
        }
        return counts
    }

    private func show(_ result: Result) throws {
        guard !json else { return Console.result(try LLSCommands.json(result)) }
        if result.classes.count <= 20 {
            let names = result.classes.map(\.legible)
            let nameColumns = (names.map(\.columns).max() ?? 0) + 1
            let largest = result.confusion.joined().max() ?? 0
            let columns = max(6, "\(largest)".count + 1)
            for (name, row) in zip(names, result.confusion) {
                Console.result(
                    name.padded(toColumns: nameColumns)
                        + row.map { "\($0)".indented(toColumns: columns) }.joined())
            }
        } else {
            Console.note("note: --json prints the confusion of all \(result.classes.count) classes")
        }
        let top5 = result.test_top5.map { " test_top5=\($0.fixed(2))" } ?? ""
        let skipped = result.skipped_images.map { " skipped_images=\($0)" } ?? ""
        Console.result(
            "result samples=\(result.samples) test_top1=\(result.test_top1.fixed(2))\(top5) "
                + "test_loss=\(result.test_loss.fixed(4))\(skipped)")
    }
}
