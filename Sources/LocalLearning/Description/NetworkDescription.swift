import Tensors

/// What of a network does not depend on a device, a batch or a seed, besides its architecture.
public struct NetworkOptions: Sendable, Hashable {
    /// The settings of all local losses.
    public var localLoss: LocalLossSettings
    /// What the 2×2 pools between blocks take.
    public var pooling: Pooling
    /// The probability at every dropout of the architecture.
    public var dropout: Float
    /// How many blocks, from the first one on, keep their parameters and running statistics.
    public var frozenBlocks: Int

    /// What each class counts in every loss that trains: the losses of blocks, the output's and what
    /// is made of it. One number from ``classWeightRange`` for each class, as PyTorch's
    /// `cross_entropy(weight:)` takes them; nil if all count the same. Only their ratios matter.
    public var classWeights: [Float]?

    /// The weights that a class may have: sums of them over any batch are normal numbers.
    public static let classWeightRange: ClosedRange<Float> = 1e-9...1e9

    /// The published defaults.
    public init(
        localLoss: LocalLossSettings = LocalLossSettings(), pooling: Pooling = .max,
        dropout: Float = 0, frozenBlocks: Int = 0, classWeights: [Float]? = nil
    ) {
        self.localLoss = localLoss
        self.pooling = pooling
        self.dropout = dropout
        self.frozenBlocks = frozenBlocks
        self.classWeights = classWeights
    }
}

/// A network before any device: every layer with its name, shapes and parameters, and which node
/// reads whose output. Plans, profiles and weights files need no more.
public struct NetworkDescription: Sendable {
    /// A stage at its place.
    public struct Node: Sendable, Hashable {
        /// Of a block, PyTorch's: `conv_block1`. Others are counted by kind: `average_pool1`.
        public let name: String
        /// What it computes.
        public let operation: Operation
        /// The index of the node whose output it reads; nil for the images.
        public let reads: Int?
        /// Shapes of one sample.
        public let inputShape, outputShape: Shape
    }

    /// What a node computes.
    public enum Operation: Sendable, Hashable {
        /// A block of layers, which is trained.
        case block(BlockDescription)
        /// The largest elements of 2×2 windows.
        case maxPool
        /// Means of 2×2 windows, as a depthwise convolution whose weights are all ¼; of a batch of one.
        case meanPool(ConvolutionGeometry)
        /// Means, adaptive to `size × size`; flattens.
        case averagePool(size: Int)
        /// At the probability of the options.
        case dropout
    }

    /// What it was made from.
    public let architecture: Architecture
    /// What teaches it.
    public let rule: any LearningRule
    /// `[height, width, channels]` of one sample.
    public let inputShape: Shape
    /// The number of classes.
    public let classes: Int
    /// The settings besides the architecture.
    public let options: NetworkOptions
    /// In an order in which every node comes after the one that it reads.
    public let nodes: [Node]
    /// The linear map behind the last node: `linear`.
    public let classifier: LayerDescription

    /// - Parameter input: `[height, width, channels]` of one sample.
    /// - Throws: ``ArchitectureError`` if the layers do not fit together, or do not allow that input; if
    ///   there are class weights, but not one for each class, or one out of range.
    public init(
        _ architecture: Architecture, input: Shape, classes: Int, rule: any LearningRule,
        _ options: NetworkOptions = NetworkOptions()
    ) throws(ArchitectureError) {
        var builder = DescriptionBuilder(
            architecture, input: input, classes: classes, rule: rule, options)
        try builder.build()
        try builder.checkFrozenBlocks()
        try builder.checkClassWeights()
        self.architecture = architecture
        self.rule = rule
        inputShape = input
        self.classes = classes
        self.options = options
        nodes = builder.nodes
        classifier = LayerDescription(
            "linear", .linear(inputs: builder.shape.count, outputs: classes), hasBias: true,
            normName: nil, activation: .identity)
    }

    /// The same network, taught by another rule.
    ///
    /// - Throws: ``ArchitectureError`` if that rule's blocks do not fit together.
    public func taught(by rule: any LearningRule) throws(ArchitectureError) -> NetworkDescription {
        try NetworkDescription(
            architecture, input: inputShape, classes: classes, rule: rule, options)
    }

    /// All blocks, in order.
    public var blocks: [BlockDescription] {
        nodes.compactMap { if case .block(let block) = $0.operation { block } else { nil } }
    }

    /// The parameters that are trained apart, in order: those of every block, then the classifier's.
    public var groups: [[ParameterDescription]] {
        blocks.map(\.parameters) + [classifier.parameters]
    }

    /// Everything that weights files hold.
    public var parameters: [ParameterDescription] { groups.flatMap { $0 } }

    /// The number of trained elements; those of frozen blocks are not.
    public var trainedCount: Int {
        groups.dropFirst(options.frozenBlocks).joined().filter(\.isTrained).map(\.shape.count)
            .saturatingSum()
    }

    /// What each loss of a step is the loss of: every trained block that has one, then `output`.
    public var lossNames: [String] {
        guard case .local = rule.method else { return ["output"] }
        return blocks.dropFirst(options.frozenBlocks).map(\.name) + ["output"]
    }

    /// The number of nodes up to the last frozen block.
    var frozenNodes: Int {
        guard options.frozenBlocks > 0 else { return 0 }
        let places = nodes.indices.filter { position in
            if case .block = nodes[position].operation { true } else { false }
        }
        return places[options.frozenBlocks - 1] + 1
    }

    /// Multiply–accumulates of one sample's forward pass.
    public var multiplyAccumulates: Int {
        (blocks.map(\.multiplyAccumulates) + [classifier.multiplyAccumulates]).saturatingSum()
    }
}

extension NetworkDescription.Operation {
    /// Whether its backward pass looks at its input.
    var keepsInput: Bool {
        switch self {
        case .block, .maxPool: true
        case .meanPool, .averagePool, .dropout: false
        }
    }
}

extension MaxPoolGeometry {
    /// 2×2 windows, stride 2, over `[batch, height, width, channels]`.
    static func halving(_ shape: Shape) -> MaxPoolGeometry {
        MaxPoolGeometry(batch: shape[0], height: shape[1], width: shape[2], channels: shape[3])
    }
}
