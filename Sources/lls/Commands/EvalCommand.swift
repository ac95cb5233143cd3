import ArgumentParser
import FileFormats
import Foundation
import LocalLearning
import Profiling
import Runs
import Tensors

struct EvalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Top-1, top-5, loss and confusion of saved weights on the test split.",
        discussion: """
            Example: lls eval runs/fashionmnist-smallconv-lls/001
            Of a weights file, say what it is of: lls eval w.safetensors --model LLS_VGG8 --rule LLS
            """)

    @OptionGroup var selection: BackendOptions

    @Option(help: "The data set; of a run, its own.") var dataset: String?
    @OptionGroup var place: DataFolderOptions
    @Option(help: "The network; of a run, its own.") var model: String?
    @Option(
        name: [.customLong("rule"), .customLong("training-mode")],
        help: "The learning rule; of a run, its own.") var rule: String?
    @Option(help: "Images in a batch.") var testBatchSize: Int?
    @Option(help: "Only the first so many test samples.") var limitTest: Int?
    @Flag(help: "One JSON object.") var json = false

    @Argument(help: "A run folder, or a weights file.")
    var path: String

    private struct Result: Encodable {
        let samples: Int
        let test_top1: Double
        let test_top5: Double?
        let test_loss: Double
        /// Rows are labels, columns predictions.
        let confusion: [[Int]]
    }

    func validate() throws {
        if let testBatchSize { try requirePositive(("test-batch-size", testBatchSize)) }
        if let limitTest { try requirePositive(("limit-test", limitTest)) }
    }

    func run() throws {
        var (configuration, weights) = try resolve()
        configuration.dataset = dataset ?? configuration.dataset
        configuration.dataDir = place.dataDirectory ?? configuration.dataDir
        configuration.model = model ?? configuration.model
        configuration.rule = rule ?? configuration.rule
        configuration.testBatchSize = testBatchSize ?? configuration.testBatchSize
        let choices = try Choices(configuration)
        let data = try choices.load(configuration)
        let file = try SafetensorsFile(reading: weights)
        let backend = try selection.open()
        let test = LoaderSource(
            .testing(data, batchSize: configuration.testBatchSize, limit: limitTest))
        try backend.checkRoom(
            for: "\(choices.model.name) with batches of \(configuration.testBatchSize)",
            advice: "use a smaller --test-batch-size, or another device"
        ) {
            let network = try Network(
                choices.model, input: test.sampleShape, classes: data.classNames.count,
                batch: configuration.testBatchSize, rule: choices.rule, pooling: choices.pooling,
                on: $0)
            try Evaluator(network).rehearse(
                test.sampleShape, samples: test.sampleCount, batch: configuration.testBatchSize)
        }
        let network = try Network(
            choices.model, input: test.sampleShape, classes: data.classNames.count,
            batch: configuration.testBatchSize, rule: choices.rule, pooling: choices.pooling,
            on: backend)
        try network.load(file)
        let evaluation = try Evaluator(network).evaluate(on: test)
        let result = Result(
            samples: evaluation.samples, test_top1: evaluation.top1, test_top5: evaluation.top5,
            test_loss: evaluation.loss, confusion: try confusion(network, test))
        try show(result, data.classNames)
    }

    /// The configuration of a run and its weights, or defaults and the file itself.
    private func resolve() throws -> (RunConfiguration, weights: String) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw FileError(
                path: path, operation: "open the run or weights", reason: "it is not there",
                category: .missingInput)
        }
        guard isFolder.boolValue else { return (RunConfiguration(), path) }
        let folder = try RunFolder(opening: path)
        return (try folder.configuration(), folder.weights + "/last.safetensors")
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

    private func show(_ result: Result, _ classNames: [String]) throws {
        guard !json else { return Console.result(try lls.json(result)) }
        for (name, row) in zip(classNames, result.confusion) where classNames.count <= 20 {
            let cells = row.map { count in
                String(repeating: " ", count: max(0, 6 - "\(count)".count)) + "\(count)"
            }
            Console.result(
                name.padding(toLength: 14, withPad: " ", startingAt: 0) + cells.joined())
        }
        let top5 = result.test_top5.map { " test_top5=\($0.fixed(2))" } ?? ""
        Console.result(
            "result samples=\(result.samples) test_top1=\(result.test_top1.fixed(2))\(top5) "
                + "test_loss=\(result.test_loss.fixed(4))")
    }
}
