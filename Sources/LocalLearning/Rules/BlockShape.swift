import Tensors

/// What a rule is told of a block before any device.
public struct BlockShape: Hashable, Sendable {
    /// `conv_block1`: the rule's parameters are named after it.
    public let block: String
    /// Of its activation, of one sample: `[height, width, channels]` or `[features]`.
    public let output: Shape
    /// Features of one pooled sample: the `D` of the basis.
    public let features: Int
    /// The number of classes.
    public let classes: Int
    /// The network's name, or that of the network which it is a copy of: rules keep published numbers
    /// by it.
    public let network: String

    init(_ block: BlockDescription, classes: Int, network: String) {
        self.block = block.name
        output = block.activationShape
        features = block.features
        self.classes = classes
        self.network = network
    }
}

/// What a rule decides about every block of a network.
public struct BlockOptions: Hashable, Sendable {
    /// Behind every batch norm whose stage names no other.
    public var activation = Activation.leakyReLU(slope: 0.01)
    /// Between a block's name and its parameters' names; the published networks for direct feedback
    /// have none.
    public var prefix = "block."

    /// LeakyReLU with slope 0.01, under `block.`.
    public init() {}
}

/// The settings that all local losses share.
public struct LocalLossSettings: Hashable, Sendable {
    /// The shape of the basis.
    public var waveform: Waveform
    /// Temperature and label smoothing.
    public var crossEntropy: CrossEntropyOptions

    /// The published defaults: cosine, temperature 0.5.
    public init(
        waveform: Waveform = .cosine,
        crossEntropy: CrossEntropyOptions = CrossEntropyOptions(temperature: 0.5)
    ) {
        self.waveform = waveform
        self.crossEntropy = crossEntropy
    }
}
