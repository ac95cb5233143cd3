import Tensors

/// A way to teach a network. Rule and model are chosen independently.
public protocol LearningRule: Sendable {
    /// The published name.
    var name: String { get }

    /// What the rule keeps and trains for one block; nil where blocks have no loss of their own.
    func makeHead(
        for shape: HeadShape, _ settings: LocalLossSettings, on backend: any Backend
    ) throws -> (any LocalHead)?

    /// One training step on the batch in `network.images` and `network.labels`: every block and the
    /// classifier updated once, by `optimizers` in ``Network/groups`` order.
    ///
    /// - Parameter losses: one slot for each of ``Network/lossNames``, to which the batch's mean
    ///   losses are added.
    func step(
        _ network: Network, batch: Int, _ optimizers: [any Optimizer], losses: [Tensor]) throws
}

/// What a local rule is told of the block it drives.
public struct HeadShape: Hashable, Sendable {
    /// `conv_block1`: the rule's parameters are named after it.
    public let block: String
    /// Features of one pooled sample: the `D` of the basis.
    public let features: Int
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

/// A local rule at work on one block.
public protocol LocalHead: AnyObject {
    /// Parameters that the block's optimizer trains besides the block's own.
    var descriptions: [ParameterDescription] { get }

    /// The local loss of `pooled` `[batch, features]`, and its gradient.
    func signal(
        _ pooled: Tensor, _ labels: Tensor, into pooledGradient: Tensor,
        addingLossTo total: Tensor, on backend: any Backend) throws
}

/// A rule that gives each block a loss of its own pooled activation. No gradient crosses from one
/// block into another, so a block is trained as soon as it has been run, and what it needed for
/// that is forgotten.
public protocol LocalRule: LearningRule {}

extension LocalRule {
    public func step(
        _ network: Network, batch: Int, _ optimizers: [any Optimizer], losses: [Tensor]
    ) throws {
        let backend = network.backend
        let labels = network.labels.prefix(batch: batch)
        var index = 0
        for (position, unit) in network.units.enumerated() {
            let input = network.input(of: position, batch: batch)
            let output = network.output(of: position, batch: batch)
            guard case .block(let block, let head?) = unit else {
                try network.run(unit, input, into: output)
                continue
            }
            let memory = network.memory(of: position, batch: batch)
            try block.forward(
                input, memory.workspace, into: output, pooled: memory.pooled,
                windowSums: memory.windowSums, on: backend)
            try head.signal(
                memory.pooled, labels, into: memory.pooledGradient, addingLossTo: losses[index],
                on: backend)
            try block.backward(
                ofPooled: memory.pooledGradient, input, memory.workspace,
                windowSums: memory.windowSums, on: backend)
            try optimizers[index].step(block.group, on: backend)
            index += 1
        }
        network.statisticsUpdates += 1
        try network.trainClassifier(batch: batch, optimizers[index], loss: losses[index])
    }
}
