import Architectures
import Checkpoints
import Datasets
import FileFormats
import LocalLearning
import Runs
import Suggestions
import Tensors

/// Saved weights that a user named, see ``SavedPlace``.
struct SavedWeights {
    let file: SafetensorsReader
    /// The run whose folder they lie in; nil for a file from elsewhere.
    let run: RunFolder?
    /// What they are of; nil if neither the file nor its run says so.
    let card: ModelCard?
    /// The network, if it is none of the catalog's.
    let architecture: Architecture?

    /// The checkpoint that they are of; nil if they are of none.
    let checkpoint: Checkpoint?

    /// Reads the header and the card; throws `FileError`.
    init(_ path: String) throws {
        let place = try SavedPlace(path)
        let (file, run) = (place.weightsFile, place.run)
        checkpoint = place.checkpoint
        self.file = try SafetensorsReader(file)
        self.run = run
        if let card = try ModelCard(metadata: self.file.metadata, path: file) {
            self.card = card
        } else if let modelFile = run?.modelFile, FileSystem.exists(modelFile) {
            card = try ModelCard(reading: modelFile)
        } else {
            card = nil
        }
        do { architecture = try card?.network.map { try Architecture(yaml: $0) } } catch {
            throw FileError.malformed(
                file, field: "metadata 'lls.network'", offset: 8, "\(error)")
        }
        try checkNames()
    }

    /// Whether they are of a checkpoint between two steps: their run would evaluate others.
    var isWithinEpoch: Bool { checkpoint.map { $0.position.batches > 0 } ?? false }

    /// The card's names are a file's, not the user's: one that is not known is no usage error.
    private func checkNames() throws(FileError) {
        func check(_ key: String, _ name: String?, among known: [String]) throws(FileError) {
            guard let name, !known.contains(where: { plainName($0) == plainName(name) }) else {
                return
            }
            throw .malformed(
                file.path, field: "metadata 'lls.\(key)'", offset: 8,
                "unknown \(key) '\(name.legible)'",
                advice: "A newer version of lls may have written the file.")
        }
        if architecture == nil {
            try check("model", card?.model, among: Registry.models.map(\.name))
        }
        try check("rule", card?.rule, among: Registry.rules.map(\.name))
        try check("pool", card?.pool, among: Pooling.allCases.map(\.rawValue))
    }

    /// The configuration that they were made with, as far as it is known: the run's, or the
    /// defaults with what the card says.
    func configuration() throws -> RunConfiguration {
        if let run { return try run.configuration(choices: RunConfiguration.choices) }
        var configuration = RunConfiguration()
        configuration.dataset = card?.dataset ?? configuration.dataset
        configuration.model = card?.model ?? configuration.model
        configuration.rule = card?.rule ?? configuration.rule
        configuration.pool = card?.pool ?? configuration.pool
        return configuration
    }

    /// The data with the labels that the weights' logits stand for; throws `ClassMismatchError`.
    /// Weights that name no classes take the data as it is.
    func labelling(_ dataset: ImageDataset) throws(ClassMismatchError) -> ImageDataset {
        guard let classes = card?.classes else { return dataset }
        return try dataset.labelled(as: classes, knownBy: file.path)
    }

    /// Sets the network's parameters, or with a new head those of its layers.
    ///
    /// - Returns: what a user might not expect.
    /// - Throws: ``UnsuitableWeightsError`` if they are of another network.
    func load(into network: Network, newHead: Bool) throws -> [String] {
        guard newHead else {
            try load(into: network)
            return []
        }
        do {
            let (known, unused) = try network.loadBody(file)
            let anew = network.blocks.map(\.description.name).filter { !known.contains($0) }
            return [
                "\((anew + ["the classifier"]).joined(separator: ", ")) "
                    + "\(anew.isEmpty ? "starts" : "start") anew; \(unused.count) tensors of "
                    + "\(file.path.legible) are not used"
            ]
        } catch let error as WeightsMismatchError {
            throw UnsuitableWeightsError(error, card: card, network.description)
        }
    }

    /// Sets the network's parameters; throws ``UnsuitableWeightsError`` if they are of another.
    func load(into network: Network) throws {
        do {
            try network.load(file)
        } catch let error as WeightsMismatchError {
            throw UnsuitableWeightsError(error, card: card, network.description)
        }
    }
}

/// Sound weights that do not fit the chosen network: what differs, and the flags that they need.
struct UnsuitableWeightsError: CategorizedError {
    let description: String
    var category: ErrorCategory { .malformedData }

    init(
        _ error: WeightsMismatchError, card: ModelCard?, _ network: NetworkDescription
    ) {
        let input = network.inputShape.dimensions
        let maker = card.flatMap(Maker.init) ?? Maker(fitting: error.shapes, network)
        guard let maker else {
            description = """
                \(error.summary)
                No network here, with any rule, has the tensors of this file for images of \
                \(input.map(String.init).joined(separator: "x")).
                """
            return
        }
        var flags: [String] = []
        if maker.model != network.architecture.name { flags.append("--model \(maker.model)") }
        if maker.rule != network.rule.name { flags.append("--rule \(maker.rule)") }
        var reasons: [String] = []
        if let classes = maker.classes, classes != network.classes {
            reasons.append("it has \(classes) classes, the data has \(network.classes)")
        }
        if let channels = maker.channels, channels != input[2] {
            reasons.append("it takes images of \(channels) channels, the data has \(input[2])")
        }
        let own = card?.input
        if let own, own != input, reasons.isEmpty {
            reasons.append(
                "it takes images of \(own.map(String.init).joined(separator: "x")), the data "
                    + "has \(input.map(String.init).joined(separator: "x"))")
        }
        let data = card?.dataset.map { ", data \($0.legible)" } ?? ""
        let advice =
            (flags.isEmpty ? [] : ["use \(flags.joined(separator: " "))"])
            + (reasons.isEmpty ? [] : [reasons.joined(separator: ", ") + ": use matching data"])
        description = """
            \(error.summary)
            The file is of \(maker.model) with rule \(maker.rule)\(data): \
            \(advice.isEmpty ? "it is damaged" : advice.joined(separator: "; ")).
            """
    }

    /// A network and a rule that make such a file.
    private struct Maker {
        let model, rule: String
        var classes, channels: Int?

        init?(_ card: ModelCard) {
            guard let model = card.model, let rule = card.rule else { return nil }
            self.model = model
            self.rule = rule
            classes = card.classes?.count
            channels = card.input?.last
        }

        /// Tries every network and rule, those nearest to the chosen ones first: a description is made
        /// in a moment.
        init?(fitting shapes: [String: [Int]], _ network: NetworkDescription) {
            let input = network.inputShape.dimensions
            guard let classes = shapes["linear.weight"]?.first, (1...100_000).contains(classes)
            else { return nil }
            let channels = [input[2], 1, 3]
            let models = [network.architecture] + Registry.models
            for (model, rule, channels) in models.flatMap({ model in
                ([network.rule] + Registry.rules).flatMap { rule in
                    channels.map { (model, rule, $0) }
                }
            }) {
                guard
                    let other = try? NetworkDescription(
                        model, input: [input[0], input[1], channels], classes: classes,
                        rule: rule),
                    other.takes(shapes)
                else { continue }
                self.model = model.name
                self.rule = rule.name
                self.classes = classes
                self.channels = channels
                return
            }
            return nil
        }
    }
}
