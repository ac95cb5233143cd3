import Architectures
import Datasets
import FileFormats
import LocalLearning
import Runs
import Suggestions
import Tensors

/// A weights file with all that its use needs: the network, the classes, the preparation of pictures.
struct SavedModel {
    let file: SafetensorsReader
    let description: NetworkDescription
    let classes: [String]
    let preparation: ImagePreparation

    /// The last weights of a run; its card, if they have none themselves.
    init(run path: String, _ options: Classifier.Options) throws {
        let run = try RunFolder(opening: path)
        guard FileSystem.exists(run.lastWeights) else {
            throw FileError(
                path: run.lastWeights, operation: "open the weights",
                reason: "the run has saved none yet", category: .missingInput,
                advice: "It saves them after each epoch.")
        }
        try self.init(weights: run.lastWeights, cardFile: run.modelFile, options)
    }

    init(
        weights path: String, cardFile: String? = nil, _ options: Classifier.Options
    ) throws {
        file = try SafetensorsReader(path)
        let card: ModelCard
        if let given = options.card {
            card = given
        } else if let own = try ModelCard(metadata: file.metadata, path: path) {
            card = own
        } else if let cardFile, FileSystem.exists(cardFile) {
            card = try ModelCard(reading: cardFile)
        } else {
            throw FileError.malformed(
                path, field: "metadata", offset: 8, "it does not say what the weights are of",
                advice: "Set Options.card to say it.")
        }
        var preparation = try card.preparation(path: path)
        if options.resizesPictures { preparation = preparation.fittingAnySize }
        self.preparation = preparation
        classes = try card.classNames(path: path)
        let shape = preparation.shape
        description = try NetworkDescription(
            try Self.architecture(of: card, path: path, options),
            input: [shape.height, shape.width, shape.channels], classes: classes.count,
            rule: try Self.named("rule", card.rule, options.rules, path: path, by: \.name),
            NetworkOptions(
                pooling: try card.pool.map {
                    try Self.named("pool", $0, Pooling.allCases, path: path, by: \.rawValue)
                } ?? .max))
    }

    private static func architecture(
        of card: ModelCard, path: String, _ options: Classifier.Options
    ) throws -> Architecture {
        guard let text = card.network else {
            return try named("model", card.model, options.models, path: path, by: \.name)
        }
        do { return try Architecture(yaml: text) } catch {
            throw FileError.malformed(
                path, field: "metadata 'lls.network'", offset: 8, "\(error)")
        }
    }

    private static func named<Entry>(
        _ key: String, _ name: String?, _ entries: [Entry], path: String, by: (Entry) -> String
    ) throws(FileError) -> Entry {
        let name = name ?? ""
        guard let found = entries.first(where: { plainName(by($0)) == plainName(name) }) else {
            throw .malformed(
                path, field: "metadata 'lls.\(key)'", offset: 8,
                name.isEmpty ? "it is missing" : "unknown \(key) '\(name.legible)'",
                advice: "Add your own to the Options; a newer version of lls may have written it.")
        }
        return found
    }
}
