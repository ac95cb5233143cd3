import Architectures
import ArgumentParser
import Datasets
import FileFormats
import LocalLearning
import Runs
import Tensors

/// Saved weights with the network that they are of, for other programs: all that is not in the file
/// has been named on the command line.
struct ExportSource {
    let network: NetworkDescription
    let weights: SafetensorsFile
    /// Complete as far as anybody knows.
    let card: ModelCard

    /// What the command line says of the weights; nil where they say it themselves.
    struct Names {
        var model, rule, pool: String?
        /// Channels, height and width.
        var input: [Int]?
    }

    /// - Throws: `ValidationError` for what nobody names; ``UnsuitableWeightsError`` if the weights are
    ///   of another network; `FileError`.
    init(_ saved: SavedWeights, _ names: Names) throws {
        if saved.isWithinEpoch {
            Console.note(
                "note: the checkpoint was saved within an epoch: these are the weights in training, "
                    + "which its run would not evaluate")
        }
        let configuration = try saved.configuration()
        let architecture =
            try (names.model == nil ? saved.architecture : nil)
            ?? ModelNames.entry(names.model ?? configuration.model)
        let rule = try RuleNames.entry(names.rule ?? configuration.rule)
        let pooling = try Cases<Pooling>.entry(names.pool ?? configuration.pool)
        let input = try Self.input(names.input, saved)
        let network = try NetworkDescription(
            architecture, input: Shape(input), classes: try Self.classes(saved), rule: rule,
            NetworkOptions(pooling: pooling))
        do { try network.check(saved.file.shapes, path: saved.file.path) } catch {
            throw UnsuitableWeightsError(error, card: saved.card, network)
        }
        var card = saved.card ?? ModelCard()
        card.model = architecture.name
        card.rule = rule.name
        card.pool = pooling.rawValue
        card.input = input
        card.version = card.version ?? LLSCommand.version
        self.card = card
        self.network = network
        try HostMemory.check(
            saved.file.shapes.values.map { $0.saturatingProduct() }.saturatingSum()
                .saturatingMultiplied(by: MemoryLayout<Float>.size), for: "the weights")
        weights = try saved.file.readAll()
    }

    /// Sides beyond this are no image's.
    private static let longestSide = 1 << 16

    /// Height, width and channels.
    private static func input(_ named: [Int]?, _ saved: SavedWeights) throws -> [Int] {
        if let named { return [named[1], named[2], named[0]] }
        guard let input = saved.card?.input else {
            throw ValidationError(
                "\(saved.file.path.legible) does not say how large its images are: "
                    + "name them with --input, such as 3x32x32")
        }
        guard input.allSatisfy({ $0 <= longestSide }) else {
            throw FileError.malformed(
                saved.file.path, field: "metadata 'lls.input'", offset: 8,
                "\(input) is no image's size")
        }
        return input
    }

    private static func classes(_ saved: SavedWeights) throws(FileError) -> Int {
        let tensor = saved.file.shapes["linear.weight"]?.first
        guard let classes = tensor ?? saved.card?.classes?.count,
            (1...1 << 20).contains(classes)
        else {
            throw .malformed(
                saved.file.path, field: "tensor 'linear.weight'", offset: 8,
                "it is missing or empty, so that there are no classes",
                advice: "Weights of lls have it; 'lls inspect' says what the file is.")
        }
        if let named = saved.card?.classes?.count, named != classes {
            throw .malformed(
                saved.file.path, field: "metadata 'lls.classes'", offset: 8,
                "it names \(named) classes, and the tensors have \(classes)")
        }
        return classes
    }

    /// The constants that images are normalised with; throws `FileError` if there are none that can be.
    func normalization() throws(FileError) -> Normalization {
        let path = weights.path
        guard let constants = card.normalization else {
            throw FileError(
                path: path, operation: "put the preprocessing into the model",
                reason: "the weights do not say how their images were normalised",
                category: .malformedData,
                advice: "Export without --with-preprocessing, and normalise images yourself.")
        }
        let channels = network.inputShape.channels
        guard constants.mean.count == channels, constants.std.count == channels,
            constants.mean.allSatisfy(\.isFinite),
            constants.std.allSatisfy({ $0.isFinite && $0 > 0 })
        else {
            throw .malformed(
                path, field: "metadata 'lls.normalization'", offset: 8,
                "it needs a mean and a positive deviation for each of \(channels) channels")
        }
        return Normalization(mean: constants.mean, standardDeviation: constants.std)
    }
}

extension ExportSource {
    /// Refuses values that no network has; throws `FileError`.
    func checkValues() throws(FileError) {
        for parameter in network.parameters { _ = try network.values(of: parameter, in: weights) }
    }
}
