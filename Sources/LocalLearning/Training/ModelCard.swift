import Datasets
import FileFormats
import Foundation

/// What weights are of: all that somebody needs to use them, and the names that their logits stand
/// for. It is kept in the metadata of weights files, and in `model.json` of a run's folder.
///
/// Every value may be missing: PyTorch's files have none of them.
public struct ModelCard: Codable, Sendable, Equatable {
    /// Published names.
    public var model, rule, dataset: String?
    /// The text of the architecture, if the model is none of the catalog's.
    public var network: String?
    /// What the 2×2 pools take: ``Pooling``'s published name.
    public var pool: String?
    /// The class of each logit, in their order.
    public var classes: [String]?
    /// Height, width and channels of a sample.
    public var input: [Int]?
    /// What is subtracted, and divided by, in every channel.
    public var normalization: Constants?
    /// What happens to an image before it is normalised.
    public var transform: [Step]?
    /// Whether an image is turned as its EXIF orientation says.
    public var orientation: Bool?
    /// Epochs and steps that the weights have been trained for.
    public var epoch, step: Int?
    /// The version of this program that wrote them.
    public var version: String?

    /// Of each channel.
    public struct Constants: Codable, Sendable, Equatable {
        /// One number a channel, of pixels from 0 to 1.
        public var mean, std: [Float]

        /// Constants, one a channel each.
        public init(mean: [Float], std: [Float]) {
            self.mean = mean
            self.std = std
        }
    }

    /// One step of a transform; its sizes in pixels.
    public struct Step: Codable, Sendable, Equatable {
        /// Its name: `resize`.
        public var step: String
        /// In pixels; those that the step has.
        public var shorterSide, side, height, width, padding: Int?
    }

    /// A card that says nothing.
    public init() {}

    /// Of a network that is trained on this data.
    public init(
        _ dataset: ImageDataset, model: String, rule: String, pooling: Pooling,
        version: String? = nil
    ) {
        let shape = dataset.shape
        self.model = model
        self.rule = rule
        self.dataset = dataset.name
        self.version = version
        pool = pooling.rawValue
        classes = dataset.classNames
        input = [shape.height, shape.width, shape.channels]
        normalization = Constants(
            mean: dataset.normalization.mean, std: dataset.normalization.standardDeviation)
        transform = dataset.testing.steps.map(Step.init)
        orientation = dataset.appliesOrientation
    }
}

extension ModelCard.Step {
    init(_ step: ImageTransform.Step) {
        switch step {
        case .resize(let shorterSide):
            self.init(step: "resize", shorterSide: shorterSide)
        case .cover(let height, let width):
            self.init(step: "cover", height: height, width: width)
        case .centerCrop(let height, let width):
            self.init(step: "centerCrop", height, width)
        case .randomCrop(let height, let width, let padding):
            self.init(step: "randomCrop", height: height, width: width, padding: padding)
        case .randomResizedCrop(let height, let width):
            self.init(step: "randomResizedCrop", height, width)
        case .randomFlip: self.init(step: "randomFlip")
        }
    }

    /// A square has one side.
    private init(step: String, _ height: Int, _ width: Int) {
        if height == width {
            self.init(step: step, side: height)
        } else {
            self.init(step: step, height: height, width: width)
        }
    }
}

// MARK: In files

extension ModelCard {
    private static let prefix = "lls."

    /// The metadata of a weights file: what is known, texts as they are and all else as JSON.
    public var metadata: [String: String] {
        var notes = ["format": "pt"]
        func note(_ key: String, _ value: String?) { notes[Self.prefix + key] = value }
        func note(_ key: String, json value: (some Encodable)?) {
            note(key, value.flatMap { try? Self.text($0) })
        }
        note("version", version)
        note("model", model)
        note("network", network)
        note("rule", rule)
        note("dataset", dataset)
        note("pool", pool)
        note("classes", json: classes)
        note("input", input.map { $0.map(String.init).joined(separator: "x") })
        note("normalization", json: normalization)
        note("transform", json: transform)
        note("orientation", orientation.map { $0 ? "exif" : "none" })
        note("epoch", epoch.map(String.init))
        note("step", step.map(String.init))
        return notes
    }

    /// Reads a weights file's metadata; nil if it has none of ours.
    ///
    /// Throws `FileError` naming a key whose value is not what it should be.
    public init?(metadata notes: [String: String], path: String) throws(FileError) {
        guard notes.keys.contains(where: { $0.hasPrefix(Self.prefix) }) else { return nil }
        func wrong(_ key: String, _ reason: String) -> FileError {
            .malformed(path, field: "metadata '\(Self.prefix)\(key)'", offset: 8, reason)
        }
        func text(_ key: String) -> String? { notes[Self.prefix + key] }
        func parsed<Value: Decodable>(_ key: String) throws(FileError) -> Value? {
            guard let text = text(key) else { return nil }
            do { return try JSONDecoder().decode(Value.self, from: Data(text.utf8)) } catch {
                throw wrong(key, "its JSON is not what it should be")
            }
        }
        func count(_ key: String) throws(FileError) -> Int? {
            guard let text = text(key) else { return nil }
            guard let count = Int(text), count >= 0 else { throw wrong(key, "it is not a count") }
            return count
        }
        version = text("version")
        model = text("model")
        network = text("network")
        rule = text("rule")
        dataset = text("dataset")
        pool = text("pool")
        classes = try parsed("classes")
        input = text("input").map { text in
            text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        }
        normalization = try parsed("normalization")
        transform = try parsed("transform")
        orientation = try text("orientation").map { text throws(FileError) in
            guard text == "exif" || text == "none" else {
                throw wrong("orientation", "it is neither 'exif' nor 'none'")
            }
            return text == "exif"
        }
        epoch = try count("epoch")
        step = try count("step")
        if let problem { throw wrong(problem.key, problem.reason) }
    }

    /// Writes `model.json`; throws `FileError`.
    public func write(to path: String) throws(FileError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else {
            preconditionFailure("\(self) has a value that JSON cannot hold")
        }
        try AtomicFile.write(data + Data("\n".utf8), to: path)
    }

    /// Reads `model.json`; throws `FileError`.
    public init(reading path: String) throws(FileError) {
        let bytes = try readFile(path, limit: 1 << 24)
        do { self = try JSONDecoder().decode(Self.self, from: Data(bytes)) } catch {
            throw .malformed(
                path, field: "the JSON object", offset: 0, "it is not what it should be")
        }
        if let problem {
            throw .malformed(path, field: "'\(problem.key)'", offset: 0, problem.reason)
        }
    }

    /// The first value that no network and no data set can have.
    private var problem: (key: String, reason: String)? {
        if let classes {
            if classes.isEmpty { return ("classes", "there are none") }
            if Set(classes.map { Array($0.utf8) }).count < classes.count {
                return ("classes", "a name is there twice")
            }
        }
        if let input, input.count != 3 || input.contains(where: { $0 < 1 }) {
            return ("input", "it is not HEIGHTxWIDTHxCHANNELS")
        }
        return nil
    }

    private static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}

// MARK: Beside data

extension ModelCard {
    /// In what the data that a network is to be shown differs from what it was trained on, though
    /// the network takes both; empty if it does not.
    public func differences(from dataset: ImageDataset) -> [String] {
        let other = ModelCard(dataset, model: "", rule: "", pooling: .max)
        var found: [String] = []
        func compare<Value: Equatable>(_ what: String, _ own: Value?, _ theirs: Value?) {
            guard let own, let theirs, own != theirs else { return }
            found.append(what)
        }
        func text(_ input: [Int]?) -> String {
            input.map { $0.map(String.init).joined(separator: "x") } ?? ""
        }
        compare("input \(text(input)), not \(text(other.input))", input, other.input)
        compare("another normalization", normalization, other.normalization)
        compare("another transform", transform, other.transform)
        compare("another use of EXIF orientations", orientation, other.orientation)
        return found
    }
}
