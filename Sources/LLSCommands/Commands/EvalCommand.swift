import ArgumentParser
import Datasets
import FileFormats
import LocalLearning
import Profiling
import Runs
import Tensors

/// The samples that `eval` looks at.
enum EvaluatedSplit: String, CaseIterable, ExpressibleByArgument { case test, train }

struct EvalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Evaluates saved weights: top-1, top-5, loss, scores of classes and confusion.",
        discussion: """
            Example: lls eval runs/fashionmnist-smallconv-lls/001
            Weights files of lls contain their network, rule, data set and classes. For other files, \
            name them: lls eval w.safetensors --dataset CIFAR10 --model LLS_VGG8 --rule LLS
            Classes are matched by name, whatever the order of their folders. A checkpoint \
            (RUN/checkpoints/NNNNNN) is evaluated as its run would do at that step.
            Shares are in percent. Precision is the share of the samples taken for a class that are of \
            it, recall the share of its samples that were found, F1 their harmonic mean, and the macro \
            average their mean over the classes.
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
    @Option(help: "The split: test, or train, prepared like test images.")
    var split = EvaluatedSplit.test
    @Option(help: "Images in a batch.") var testBatchSize: Int?
    @Option(help: "Use only this many samples of the split (default: as in the run).")
    var limitTest: Int?
    @Option(help: "Name this many samples with the greatest loss (default: 0, or 20 with --out).")
    var worst: Int?
    @Option(
        help: "Write worst.html, with the pictures of these samples, and worst.csv to this folder.",
        completion: .directory, transform: pathArgument)
    var out: String?
    @Flag(help: "Print one JSON object.") var json = false

    @OptionGroup var badImagesOption: BadImagesOption

    @Argument(
        help: "Run folder, checkpoint or weights file.", completion: .weights,
        transform: pathArgument)
    var path: String

    func validate() throws {
        try requireWithinBounds(
            ("test-batch-size", testBatchSize), ("limit-test", limitTest), ("worst", worst))
    }

    func run() throws {
        let weights = try SavedWeights(path)
        let configuration = try configuration(of: weights)
        let choices = try Choices(
            configuration, architecture: model == nil ? weights.architecture : nil)
        let policy = badImagesOption.badImages ?? choices.badImages
        let found = try prepared(
            try weights.labelling(try load(choices, configuration, weights)), for: weights)
        let isTrain = split == .train
        let (data, skipped) = try found.applying(policy, toTraining: isTrain)
        let limit = limitTest ?? (isTrain ? configuration.limitTrain : configuration.limitTest)
        for note in data.notes(
            limitTrain: isTrain ? limit : nil, limitTest: isTrain ? nil : limit, isTrained: isTrain)
        { Console.note("note: \(note)") }
        for difference in weights.card?.differences(from: data) ?? [] {
            Console.note("note: the weights were trained with \(difference)")
        }
        let backend = try selection.open()
        let images = isTrain ? data.train : data.test
        let loader = BatchLoader.testing(
            data, split: images, batchSize: configuration.testBatchSize, limit: limit)
        if limitTest == nil, let limit, limit < images.count {
            Console.note(
                "note: \(limit) of \(images.count) \(split.rawValue) samples, as in the run; "
                    + "--limit-test \(images.count) uses all")
        }
        let test = LoaderSource(loader)
        let description = try choices.network(
            configuration, input: test.sampleShape, classes: data.classNames.count)
        try backend.checkRoom(
            for: "\(choices.model.name) with batches of \(configuration.testBatchSize)",
            advice: "use a smaller --test-batch-size, or another device"
        ) {
            let network = try Network(
                unset: description, batch: configuration.testBatchSize, forInference: true, on: $0)
            try Evaluator(network).dryRun(
                test.sampleShape, samples: test.sampleCount, batch: configuration.testBatchSize)
        }
        do {
            var record = EvaluationRecord(classes: description.classes)
            let evaluation = try evaluate(
                weights, description, configuration, choices, data, test, on: backend
            ) { record.add(try backend.read($0), $1) }
            try report(
                EvaluationReport(
                    model: choices.model.name, rule: choices.rule.name, dataset: data.name,
                    split: split, evaluation: evaluation, classes: data.classNames,
                    confusion: record.confusion,
                    scores: data.classNames.enumerated().map {
                        ClassScore($1, $0, record.confusion)
                    },
                    worst: worstSamples(record, loader, data.classNames),
                    skipped: skipped?.filter { $0.isTraining == isTrain }.count),
                of: images)
        } catch {
            throw data.explaining(error)
        }
    }

    /// Pictures in one heap are split as the run did; those of other data are all evaluated.
    private func load(
        _ choices: Choices, _ configuration: RunConfiguration, _ weights: SavedWeights
    ) throws -> ImageDataset {
        let listed = dataset == nil ? try weights.run?.validation() : nil
        let isOther = choices.dataset.namesItsPlace && listed == nil
        let data = try choices.load(configuration, validation: listed ?? (isOther ? .all : nil)).0
        if dataset == nil, data.isSplitHere, listed == nil {
            Console.note(
                "note: the file does not say which pictures it was trained on: all are evaluated; "
                    + "name the run to evaluate those that it held out")
        }
        return data
    }

    /// A file that lies in no run knows itself how its pictures are prepared.
    private func prepared(
        _ data: ImageDataset, for weights: SavedWeights
    ) throws -> ImageDataset {
        guard weights.run == nil, let card = weights.card, card.transform != nil else {
            return data
        }
        return data.prepared(as: try card.preparation(path: weights.file.path))
    }

    /// What the weights were made with, and what the flags change of it.
    private func configuration(of weights: SavedWeights) throws -> RunConfiguration {
        var configuration = try weights.configuration()
        if let dataset {
            configuration.dataset = dataset
            // What belongs to the run's own data.
            configuration.limitTest = nil
            if split == .train { configuration.limitTrain = nil }
            if try namedDataset(dataset).namesItsPlace { configuration.dataDir = nil }
            configuration.valSplit = nil
        }
        configuration.dataDir = place.dataDirectory ?? configuration.dataDir
        configuration.model = model ?? configuration.model
        configuration.rule = rule ?? configuration.rule
        configuration.testBatchSize = testBatchSize ?? configuration.testBatchSize
        // Nothing is dropped in inference.
        if !weights.isWithinEpoch { configuration.dropout = 0 }
        return configuration
    }

    /// `look` sees the logits and the labels of every batch.
    private func evaluate(
        _ weights: SavedWeights, _ description: NetworkDescription,
        _ configuration: RunConfiguration, _ choices: Choices, _ data: ImageDataset,
        _ test: LoaderSource, on backend: any Backend,
        looking look: (Tensor, UnsafeBufferPointer<Int32>) throws -> Void
    ) throws -> Evaluation {
        guard let checkpoint = weights.checkpoint, weights.isWithinEpoch else {
            let network = try Network(
                unset: description, batch: configuration.testBatchSize, forInference: true,
                on: backend)
            try weights.load(into: network)
            return try Evaluator(network).evaluate(on: test, looking: look)
        }
        let evaluated = try EvaluatedCheckpoint(
            checkpoint, description, choices, configuration, data,
            batch: configuration.testBatchSize, on: backend)
        return try evaluated.trainer.evaluate(train: evaluated.train, test: test, looking: look)
    }

    private func worstSamples(
        _ record: EvaluationRecord, _ loader: BatchLoader, _ names: [String]
    ) -> [WorstSample]? {
        guard let count = worst ?? (out == nil ? nil : 20) else { return nil }
        let order = loader.order(epoch: 0)
        return record.worst(count).map { place in
            WorstSample(
                record.samples[place], index: Int(order[place]), in: loader.split, names)
        }
    }

    private func report(_ report: EvaluationReport, of images: ImageSplit) throws {
        if let out {
            try ContactSheet(samples: report.worst ?? [], split: images).write(
                to: out, title: "\(report.model), \(report.rule), \(report.dataset)")
        }
        guard !json else { return Console.result(try LLSCommands.json(report)) }
        report.show(columns: Console.columns)
    }
}
