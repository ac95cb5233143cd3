import ArgumentParser
import Datasets
import FileFormats
import Inference
import LocalLearning
import Runs
import Tensors

struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Classifies pictures with saved weights.",
        discussion: """
            Example: lls predict runs/cifar10-vgg8-lls/001 photos/ cat.jpg --top 3
            Pictures are prepared as the run prepared its test images. Those that cannot be read are \
            named and passed over; the last line counts them.
            --json prints an object a line: path, class, label, probability and top, a list of the \
            same; or path and error. --csv prints path, class, probability, class_2, probability_2 … \
            and error.
            Weights files of lls contain their network, rule, classes and preparation. For other \
            files, name them: lls predict w.safetensors cat.jpg --dataset CIFAR10 --model LLS_VGG8 \
            --rule LLS
            """)

    @OptionGroup var selection: BackendOptions

    @Option(help: "Data set whose classes and preparation to use (default: those of the weights).")
    var dataset: String?
    @OptionGroup var place: DataFolderOptions
    @Option(help: "Network (default: that of the weights).") var model: String?
    @Option(
        name: [.customLong("rule"), .customLong("training-mode")],
        help: "Learning rule (default: that of the weights).") var rule: String?
    @Option(help: "Pictures in a batch.") var batchSize = 128
    @Option(help: "How many classes to name, the likeliest first.") var top = 1
    @Flag(
        help: """
            Resize and crop pictures of another size, if the preparation of the weights leaves sizes as \
            they are.
            """)
    var resize = false
    @Flag(help: "Print one JSON object a line.") var json = false
    @Flag(help: "Print a table of comma-separated values.") var csv = false

    @Argument(
        help: "Run folder, checkpoint or weights file.", completion: .weights,
        transform: pathArgument)
    var weights: String

    @Argument(
        help: ArgumentHelp(
            "Pictures; folders, for all pictures in them; - for a list of paths on standard input.",
            valueName: "path"),
        completion: .file(), transform: pathArgument)
    var pictures: [String]

    func validate() throws {
        try requireWithinBounds(("top", top))
        guard (1...Bounds.largestBatch).contains(batchSize) else {
            throw ValidationError(
                "--batch-size must be from 1 to \(Bounds.largestBatch), not \(batchSize)")
        }
        guard !json || !csv else {
            throw ValidationError("--json and --csv cannot be used together")
        }
        if let dataset { _ = try namedDataset(dataset) }
    }

    func run() throws {
        let weights = try SavedWeights(weights)
        let configuration = try configuration(of: weights)
        let choices = try Choices(
            configuration, architecture: model == nil ? weights.architecture : nil)
        let (classes, preparation) = try preparation(of: weights, choices, configuration)
        let shape = preparation.shape
        // Nothing is dropped in inference.
        var inference = configuration
        inference.dropout = 0
        let description = try choices.network(
            inference, input: [shape.height, shape.width, shape.channels],
            classes: classes.count)

        let found = try PicturePaths(pictures)
        if let summary = found.leftOut.summary {
            Console.note("note: left out (no pictures by their names): \(summary)")
        }
        guard !found.paths.isEmpty else {
            throw FileError(
                path: pictures.first ?? "-", operation: "find pictures", reason: "there are none",
                category: .missingInput, advice: "Name pictures or folders that contain some.")
        }
        let backend = try selection.open()
        // Where there are fewer pictures, the network need not have room for more.
        let predictor = try Predictor(
            description, classes: classes, preparation,
            batchSize: min(batchSize, found.paths.count), on: backend
        ) { try load(weights, into: $0, choices, configuration) }
        var writer = PredictionWriter(
            json ? .json : csv ? .csv : .text, top: top, classes: classes)
        try predictor.predict(files: found.paths) { try writer.write($0) }
        if writer.failed > 0, !resize, preparation.transform.steps.isEmpty {
            Console.note(
                "note: the weights take pictures of \(shape.height) × \(shape.width) pixels only; "
                    + "--resize makes others fit")
        }
        writer.end()
        if writer.classified == 0 {
            throw NoPictureError(count: writer.failed, first: writer.firstFailure ?? "")
        }
    }

    /// Sets the parameters that a run would evaluate.
    private func load(
        _ weights: SavedWeights, into network: Network, _ choices: Choices,
        _ configuration: RunConfiguration
    ) throws {
        guard let checkpoint = weights.checkpoint, weights.isWithinEpoch else {
            return try weights.load(into: network)
        }
        let found = try choices.load(configuration, validation: try weights.run?.validation()).0
        let data = try weights.labelling(found)
        let training = try choices.network(
            configuration, input: network.description.inputShape, classes: network.classes)
        let evaluated = try EvaluatedCheckpoint(
            checkpoint, training, choices, configuration, data, batch: 1, on: network.backend)
        try network.load(try evaluated.weights())
    }

    /// What the weights were made with, and what the flags change of it.
    private func configuration(of weights: SavedWeights) throws -> RunConfiguration {
        var configuration = try weights.configuration()
        if let dataset {
            configuration.dataset = dataset
            if try namedDataset(dataset).namesItsPlace { configuration.dataDir = nil }
        }
        configuration.dataDir = place.dataDirectory ?? configuration.dataDir
        configuration.model = model ?? configuration.model
        configuration.rule = rule ?? configuration.rule
        return configuration
    }

    /// From the card; from a data set if one is named, or the weights have no card.
    private func preparation(
        of weights: SavedWeights, _ choices: Choices, _ configuration: RunConfiguration
    ) throws -> ([String], ImagePreparation) {
        let path = weights.file.path
        var classes: [String]
        var preparation: ImagePreparation
        if dataset == nil, let card = weights.card {
            classes = try card.classNames(path: path)
            preparation = try card.preparation(path: path)
        } else {
            guard dataset != nil || weights.run != nil else {
                throw ValidationError(
                    "\(path.legible) does not say what it is of: name it with --dataset, --model "
                        + "and --rule")
            }
            let data = try weights.labelling(try choices.load(configuration).0)
            classes = data.classNames
            preparation = ImagePreparation(data)
        }
        if resize { preparation = preparation.fittingAnySize }
        return (classes, preparation)
    }
}
