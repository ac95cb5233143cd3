import FileFormats
import LocalLearning
import Runs
import Tensors

/// Architectures in files, as people write them:
///
///     name: TinyNet
///     stages:
///       - convolution: {channels: 32, pool: 4}
///       - maxPool
///       - residual: {channels: 64, stride: 2, pool: 2}
///       - averagePool: 2
///       - linear: {features: 256, pool: 256}
///
/// An unknown key, a missing one or a value of another kind is an error that names line, column and
/// the nearest key.
extension Architecture {
    /// An architecture is a page of text; whatever is longer is another file.
    private static let maxSize = 1 << 16
    /// Lists and mappings lie in each other: stages, a stage, its layers, a layer.
    private static let maxDepth = 6

    /// Reads a file.
    ///
    /// - Throws: `FileError` if it cannot be read; `ConfigurationError` if it is not an architecture.
    public init(reading path: String) throws {
        let size = try FileSystem.size(of: path)
        guard size <= Self.maxSize else {
            throw ConfigurationError(
                path: path,
                reason:
                    "an architecture has at most \(Self.maxSize) bytes, and this file has \(size)")
        }
        let bytes = try readFile(path, limit: Self.maxSize)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationError(path: path, reason: "the file is not UTF-8 text")
        }
        try self.init(yaml: text, path: path)
    }

    /// Reads the text of a file.
    ///
    /// - Parameter path: for messages.
    /// - Throws: `ConfigurationError` if it is not an architecture.
    public init(yaml text: String, path: String? = nil) throws(ConfigurationError) {
        guard text.utf8.count <= Self.maxSize else {
            throw ConfigurationError(
                path: path, reason: "the text is too long for an architecture")
        }
        try PlainYAML.check(text, path: path, maxDepth: Self.maxDepth)
        var page = try StrictMapping(text: text, path: path)
        let name = try page.name("name")
        let stages = try page.list("stages").map { item throws(ConfigurationError) in
            try Stage(item)
        }
        try page.end()
        self.init(name, stages)
    }
}

extension Stage {
    fileprivate init(_ item: StrictItem) throws(ConfigurationError) {
        switch item.kind {
        case "maxPool":
            try item.requireNoValue()
            self = .maxPool
        case "dropout":
            try item.requireNoValue()
            self = .dropout
        case "averagePool": self = .averagePool(try item.positive())
        case "depthwise":
            var values = try item.mapping()
            self = .depthwise(
                try values.positive("channels"), stride: try values.positive("stride", else: 1),
                pool: try values.positive("pool"))
            try values.end()
        case "convolution":
            var values = try item.mapping()
            let layer = try values.convolution()
            self = .block(
                BlockStage(.convolutions([layer]), pool: try values.positive("pool")))
            try values.end()
        case "convolutions":
            var values = try item.mapping()
            let layers = try values.layers()
            self = .block(
                BlockStage(.convolutions(layers), pool: try values.positive("pool")))
            try values.end()
        case "residual": self = try .residual(item)
        case "linear":
            var values = try item.mapping()
            let layer = LinearStage(
                try values.positive("features"), hasBias: try values.flag("bias", else: true),
                hasNorm: try values.flag("norm", else: true),
                activation: try values.activation())
            self = .block(BlockStage(.linear(layer), pool: try values.positive("pool")))
            try values.end()
        default:
            throw item.unknown(
                "stage",
                among: [
                    "convolution", "convolutions", "depthwise", "residual", "linear", "maxPool",
                    "averagePool", "dropout",
                ])
        }
    }

    /// With channels, the two 3×3 convolutions of the basic block; or with layers of its own.
    private static func residual(_ item: StrictItem) throws(ConfigurationError) -> Stage {
        var values = try item.mapping()
        let stage: Stage
        if values.has("layers") {
            let layers = try values.layers()
            let shortcut = try values.shortcut()
            stage = .block(
                BlockStage(.residual(layers, shortcut), pool: try values.positive("pool")))
        } else {
            stage = .residual(
                try values.positive("channels"), stride: try values.positive("stride", else: 1),
                pool: try values.positive("pool"))
        }
        try values.end()
        return stage
    }
}

extension StrictMapping {
    fileprivate mutating func layers() throws(ConfigurationError) -> [ConvolutionStage] {
        try mappings("layers").map { layer throws(ConfigurationError) in
            var layer = layer
            let stage = try layer.convolution()
            try layer.end()
            return stage
        }
    }

    fileprivate mutating func convolution() throws(ConfigurationError) -> ConvolutionStage {
        let kernel = try positive("kernel", else: 3)
        return ConvolutionStage(
            has("channels") ? try positive("channels") : nil, kernel: kernel,
            stride: try positive("stride", else: 1),
            padding: try natural("padding", else: kernel / 2),
            groups: try isWord("groups", "channels") ? nil : positive("groups", else: 1),
            hasBias: try flag("bias", else: true), hasNorm: try flag("norm", else: true),
            activation: try activation())
    }

    /// `relu`, `leakyReLU`, `leakyReLU(0.2)`, `tanh` or `identity`; nil for the rule's own.
    fileprivate mutating func activation() throws(ConfigurationError) -> Activation? {
        guard has("activation") else { return nil }
        let text = try name("activation")
        if let activation = Activation(text: text) { return activation }
        throw wrong(
            "activation", "unknown activation",
            nearest: ["relu", "leakyReLU", "tanh", "identity"], to: text)
    }

    fileprivate mutating func shortcut() throws(ConfigurationError) -> Shortcut {
        guard has("shortcut") else { return .automatic }
        if try isWord("shortcut", "automatic") { return .automatic }
        if try isWord("shortcut", "identity") { return .identity }
        var values = try mapping("shortcut")
        var stage = try values.convolution()
        // A shortcut has no activation unless it names one.
        stage.activation = stage.activation ?? .identity
        try values.end()
        return .convolution(stage)
    }
}

extension Activation {
    fileprivate init?(text: String) {
        switch text {
        case "relu": self = .leakyReLU(slope: 0)
        case "leakyReLU": self = .leakyReLU(slope: 0.01)
        case "tanh": self = .tanh
        case "identity": self = .identity
        default:
            guard text.hasPrefix("leakyReLU("), text.hasSuffix(")"),
                let slope = Float(text.dropFirst(10).dropLast()), (0..<1).contains(slope)
            else { return nil }
            self = .leakyReLU(slope: slope)
        }
    }
}
