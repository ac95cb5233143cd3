import Tensors

/// A way to teach a network. Rule and model are chosen independently.
public protocol LearningRule: Sendable {
    /// The published name.
    var name: String { get }

    /// What of a step must be remembered until when.
    var retention: Retention { get }

    /// How blocks are built.
    var style: BlockStyle { get }

    /// Whether blocks are compared with the periodic basis, so that ``LocalLossSettings/waveform``
    /// matters.
    var usesBasis: Bool { get }

    /// What the rule keeps for one block; nil if it keeps nothing.
    func makeHead(
        for shape: HeadShape, _ settings: LocalLossSettings, on backend: any Backend
    ) throws -> (any BlockHead)?

    /// One training step on the batch in ``Network/images`` and ``Network/labels``: every block and
    /// the classifier updated once, by `optimizers` in ``Network/groups`` order. Callers take
    /// ``Network/step(batch:_:losses:)``, which runs the network's own rule.
    ///
    /// - Precondition: `network` was built for this rule, since its memory was planned for it.
    /// - Parameter losses: one slot for each of ``Network/lossNames``, to which the batch's mean
    ///   losses are added.
    func step(
        _ network: Network, batch: Int, _ optimizers: [any Optimizer], losses: [Tensor]) throws
}

extension LearningRule {
    public var style: BlockStyle { BlockStyle() }
    public var usesBasis: Bool { false }
}

/// What a rule is told of a block it is to drive.
public struct HeadShape: Hashable, Sendable {
    /// `conv_block1`: the rule's parameters are named after it.
    public let block: String
    /// Of one sample.
    public let output: Shape
    /// Features of one pooled sample: the `D` of the basis.
    public let features: Int
    /// Length of a random projection's rows, before they are pooled to the features.
    public let projectionLength: Int
    /// Basis rows of LLS_MxM_reduced.
    public let reducedRows: Int
    public let classes: Int
}

/// The settings that all local losses share.
public struct LocalLossSettings: Hashable, Sendable {
    public var waveform: Waveform
    public var crossEntropy: CrossEntropyOptions

    public init(
        waveform: Waveform = .cosine,
        crossEntropy: CrossEntropyOptions = CrossEntropyOptions(temperature: 0.5)
    ) {
        self.waveform = waveform
        self.crossEntropy = crossEntropy
    }
}

/// What a rule keeps for one block.
public protocol BlockHead: AnyObject {
    /// What it keeps in the block's group, and so in weights files.
    var descriptions: [ParameterDescription] { get }

    /// Called once, when the group that holds ``descriptions`` is there.
    func bind(to group: ParameterGroup, on backend: any Backend) throws
}

/// A loss of a block's own.
public protocol LocalHead: BlockHead {
    /// The local loss of `pooled` `[batch, features]`, and its gradient; besides, the gradients of
    /// the head's own parameters.
    func signal(
        _ pooled: Tensor, _ labels: Tensor, into pooledGradient: Tensor,
        addingLossTo total: Tensor, on backend: any Backend) throws
}

extension BlockHead {
    public var descriptions: [ParameterDescription] { [] }
    public func bind(to group: ParameterGroup, on backend: any Backend) throws {}
}
