import FileFormats
import Randomness
import Tensors

/// A network on a backend: its blocks, its classifier, and the memory of one step, planned once for
/// the largest batch. Nothing allocates after that.
public final class Network {
    /// What it was made from.
    public let description: NetworkDescription
    /// Samples that a step can take at most.
    public let batchCapacity: Int
    /// What all of it lies on.
    public let backend: any Backend
    /// In the order of the description.
    public let blocks: [any Block]
    /// Behind the last block.
    public let classifier: LinearClassifier
    /// `[batchCapacity]`: what a step reads, besides ``images``.
    public let labels: Tensor
    /// Batches that have moved the running statistics.
    public internal(set) var batchesTracked = 0

    /// Of the description's options; nil without them.
    let classWeights: ClassWeights?
    let nodes: [Node]
    let memory: StepMemory
    private let seed: UInt64
    /// Whether it has no memory for training.
    private let isForInference: Bool

    /// A node at work.
    enum Node {
        case block(any Block, (any LocalLoss)?)
        case maxPool
        /// All weights are ¼.
        case meanPool(ConvolutionGeometry, weights: Tensor)
        case averagePool(size: Int)
        case dropout
    }

    /// A network whose parameters hold their initial values, drawn from `seed`.
    ///
    /// - Parameters:
    ///   - batch: samples that a step can take at most.
    ///   - seed: of initial values and dropout.
    /// - Throws: what the device throws, out of memory before all.
    public convenience init(
        _ description: NetworkDescription, batch: Int, seed: UInt64 = 0, on backend: any Backend
    ) throws {
        try self.init(unset: description, batch: batch, seed: seed, on: backend)
        for parameter in parameters { try parameter.initialize(seed: seed) }
    }

    /// A network whose parameters are those of a weights file; nothing is drawn.
    ///
    /// - Throws: what `load(_:)` throws, besides what the drawing initialiser throws.
    public convenience init(
        _ description: NetworkDescription, batch: Int, seed: UInt64 = 0,
        weights: SafetensorsFile, on backend: any Backend
    ) throws {
        try self.init(unset: description, batch: batch, seed: seed, on: backend)
        try load(weights)
    }

    /// A network whose parameters hold nothing yet: for plans, and for what sets them itself.
    ///
    /// - Parameter forInference: whether it takes no memory for gradients and losses, and has no
    ///   ``step(batch:_:losses:countingCorrectIn:)``.
    package init(
        unset description: NetworkDescription, batch: Int, seed: UInt64 = 0,
        forInference: Bool = false, on backend: any Backend
    ) throws {
        isForInference = forInference
        self.description = description
        self.backend = backend
        self.seed = seed
        batchCapacity = batch
        nodes = try description.nodes.map {
            try Self.node($0, of: description, forInference, on: backend)
        }
        blocks = nodes.compactMap { if case .block(let block, _) = $0 { block } else { nil } }
        classifier = try LinearClassifier(
            description.classifier, forInference: forInference, on: backend)
        labels = try backend.makeTensor([batch], .int32)
        classWeights = try description.options.classWeights.map { weights in
            ClassWeights(
                try backend.makeTensor([weights.count], weights), sum: try backend.makeTensor([1]))
        }
        memory = try StepMemory(
            description, batch: batch, forInference: forInference, on: backend)
    }

    private static func node(
        _ node: NetworkDescription.Node, of network: NetworkDescription, _ forInference: Bool,
        on backend: any Backend
    ) throws -> Node {
        switch node.operation {
        case .block(let description):
            let block = try description.make(forInference: forInference, on: backend)
            guard !forInference, case .local(let rule) = network.rule.method else {
                return .block(block, nil)
            }
            let shape = BlockShape(
                description, classes: network.classes, network: network.architecture.original)
            return .block(
                block,
                try rule.makeLoss(
                    for: shape, block.ruleParameters, network.options.localLoss, on: backend))
        case .maxPool: return .maxPool
        case .meanPool(let geometry):
            let weights = try backend.makeTensor(geometry.weightShape)
            try backend.fill(weights, with: 0.25)
            return .meanPool(geometry, weights: weights)
        case .averagePool(let size): return .averagePool(size: size)
        case .dropout: return .dropout
        }
    }

    /// What teaches it.
    public var rule: any LearningRule { description.rule }
    /// The number of classes.
    public var classes: Int { description.classes }

    /// `[batchCapacity, height, width, channels]`: what a step reads.
    public var images: Tensor { memory.images }

    /// Bytes of everything that lives during a step and not beyond it.
    public var activationBytes: Int { memory.byteCount }

    /// What is trained apart, in order: every block, then the classifier.
    public var groups: [ParameterGroup] { blocks.map(\.group) + [classifier.group] }

    /// What each loss of a step is the loss of: every block that has one, then `output`.
    public var lossNames: [String] { description.lossNames }

    /// Everything that weights files hold.
    public var parameters: [Parameter] { groups.flatMap(\.parameters) }

    /// One training step by the network's rule on the batch in ``images`` and ``labels``: every block
    /// that the rule trains and the classifier are updated once.
    ///
    /// - Parameters:
    ///   - batch: samples in the batch.
    ///   - optimizers: one for each of ``groups``.
    ///   - losses: one slot `[1]` for each of ``lossNames``, to which the batch's mean losses are
    ///     added.
    ///   - correct: `[1]`, whole numbers: the samples whose label is the classifier's largest logit
    ///     before the step are added to it; nil if nobody counts.
    public func step(
        batch: Int, _ optimizers: [any Optimizer], losses: [Tensor],
        countingCorrectIn correct: Tensor? = nil
    ) throws {
        precondition(!isForInference, "a network that only infers cannot be trained")
        try SequentialExecutor(
            network: self, batch: batch, optimizers: optimizers, losses: losses, correct: correct
        ).step()
    }

    /// The logits `[batch, classes]` of the batch in ``images``, by the running statistics.
    public func infer(batch: Int) throws -> Tensor {
        for position in nodes.indices {
            try run(position, .inference, batch: batch, appliesDropout: false)
        }
        return try classify(batch: batch)
    }

    /// Moves every batch norm's running statistics by the batch in ``images``; changes nothing else.
    public func updateStatistics(batch: Int) throws {
        batchesTracked += 1
        for position in nodes.indices { try run(position, .statistics, batch: batch) }
    }

    /// A stream for every dropout of every step.
    func dropoutKey(_ position: Int) -> UInt64 {
        RandomSource(seed: seed, stream: "dropout", batchesTracked, position).key
    }
}

extension Block {
    /// The parameters that the rule keeps for it, in the rule's order.
    var ruleParameters: [Parameter] { description.ruleParameters.map { group[$0] } }
}
