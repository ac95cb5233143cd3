import FileFormats

/// A network as data: adding one is a file with its stages and a line in ``ModelCatalog``.
public struct Architecture: Hashable, Sendable {
    /// The published name.
    public let name: String
    /// From the images to the classifier, which is not among them.
    public let stages: [Stage]
    /// The name of the network that this one is, if it was published under a second name. Rules keep
    /// their own numbers by it.
    public let original: String
    /// Whether files hold a block's parameters under `conv_block1.block.…`, as the published classes
    /// do that put every block into a layer that trains it. Those for direct feedback do not.
    public let wrapsBlocks: Bool

    /// - Parameter wrapsBlocks: see ``wrapsBlocks``.
    public init(_ name: String, wrapsBlocks: Bool = true, _ stages: [Stage]) {
        self.init(name, original: name, wrapsBlocks: wrapsBlocks, stages)
    }

    private init(_ name: String, original: String, wrapsBlocks: Bool, _ stages: [Stage]) {
        self.name = name
        self.stages = stages
        self.original = original
        self.wrapsBlocks = wrapsBlocks
    }

    /// The same network under the name that its copy for direct feedback was published by.
    func feedbackAlias(_ name: String) -> Architecture {
        Architecture(name, original: original, wrapsBlocks: false, stages)
    }
}

/// An architecture whose layers do not fit together, or do not allow an input.
public struct ArchitectureError: CategorizedError {
    /// The name of the architecture.
    public let network: String
    /// The name of the layer that cannot be: `conv_block2`.
    public let layer: String
    /// What does not fit, with the shapes.
    public let reason: String

    /// Bad configuration.
    public var category: ErrorCategory { .configuration }
    /// One line.
    public var description: String { "\(network) cannot be built: \(layer): \(reason)" }
}
