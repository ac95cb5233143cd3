import ArgumentParser
import FileFormats
import LocalLearning
import ONNX

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes saved weights for other programs: as an ONNX model or as safetensors.",
        discussion: """
            Example: lls export runs/fashionmnist-smallconv-lls/001 --with-preprocessing
            An ONNX model takes batches of any size: normalised floats [batch, channels, height, width] \
            to logits; with --with-preprocessing bytes [batch, height, width, channels] to \
            probabilities. Its metadata names classes, transform and normalisation, as that of a \
            weights file does. Weights files from elsewhere need --model, --rule and --input.
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument { case onnx, safetensors }

    @Option(help: "The format: onnx or safetensors.") var format = Format.onnx
    @Option(
        help: """
            The file to write (default: RUN/export/MODEL.onnx of a run, else the name of the weights \
            in the current folder).
            """, completion: .file(), transform: pathArgument)
    var output: String?
    @Flag(help: "Replace the file if it is there.") var force = false
    @Flag(help: "Keep batch norms, instead of multiplying them into the maps before them.")
    var noFold = false
    @Flag(help: "Take bytes and put out probabilities: the model normalises images itself.")
    var withPreprocessing = false

    @Option(help: "Network (default: that of the weights).") var model: String?
    @Option(
        name: [.customLong("rule"), .customLong("training-mode")],
        help: "Learning rule (default: that of the weights).") var rule: String?
    @Option(help: "What the 2×2 pools take (default: as in the weights).") var pool: String?
    @Option(help: "Size of an image: CHANNELSxHEIGHTxWIDTH (default: that of the weights).")
    var input: String?
    @Flag(help: "Print the result as a JSON object.") var json = false

    @Argument(
        help: "Run folder, checkpoint or weights file.", completion: .weights,
        transform: pathArgument)
    var path: String

    private struct Result: Encodable {
        let output, format, model, rule: String
        let classes, bytes: Int
        /// Of an ONNX model.
        let opset: Int?
    }

    func validate() throws {
        if let input { _ = try parseExtents(input, flag: "input") }
        guard format == .safetensors else { return }
        for (flag, isGiven) in [("no-fold", noFold), ("with-preprocessing", withPreprocessing)]
        where isGiven {
            throw ValidationError("--\(flag) has no effect with --format safetensors")
        }
    }

    func run() throws {
        let saved = try SavedWeights(path)
        let source = try ExportSource(
            saved,
            ExportSource.Names(
                model: model, rule: rule, pool: pool,
                input: try input.map { try parseExtents($0, flag: "input") }))
        let place = try ExportPlace(
            output, of: path, saved, network: source.network.architecture.name,
            suffix: format.rawValue, replaces: force)
        switch format {
        case .onnx:
            let model = try ONNXModel(
                source.network, weights: source.weights, card: source.card,
                ONNXOptions(
                    foldsBatchNorm: !noFold,
                    normalization: withPreprocessing ? try source.normalization() : nil,
                    producerVersion: LLSCommand.version))
            try place.write { try model.write(to: $0) }
        case .safetensors:
            try source.checkValues()
            var file = source.weights
            // What somebody else noted stays.
            file.metadata.merge(source.card.metadata) { $1 }
            try place.write { try file.write(to: $0) }
        }
        let result = Result(
            output: place.path, format: format.rawValue, model: source.network.architecture.name,
            rule: source.network.rule.name, classes: source.network.classes,
            bytes: (try? FileSystem.size(of: place.path)) ?? 0,
            opset: format == .onnx ? ONNXModel.opset : nil)
        Console.result(
            json
                ? try LLSCommands.json(result)
                : "result format=\(result.format) model=\(result.model) rule=\(result.rule) "
                    + "classes=\(result.classes) bytes=\(result.bytes) output=\(result.output)")
    }
}
