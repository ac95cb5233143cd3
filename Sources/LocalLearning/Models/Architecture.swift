import FileFormats

/// A network as data: adding one is a file with its stages and a line in ``ModelCatalog``.
public struct Architecture: Described, Sendable {
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
    /// What is said of it; two architectures that differ in nothing else are the same.
    public private(set) var summary = ""
    public private(set) var source = ""

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

    /// The same network, with what lists of networks say of it.
    ///
    /// - Parameters:
    ///   - summary: what it is, in some words without a full stop.
    ///   - source: who published it, and where.
    public func described(as summary: String, source: String) -> Architecture {
        var other = self
        (other.summary, other.source) = (summary, source)
        return other
    }

    /// The same network under the name that its copy for direct feedback was published by.
    func feedbackAlias(_ name: String) -> Architecture {
        Architecture(name, original: original, wrapsBlocks: false, stages).described(
            as: "\(self.name) by the name of its copy for direct feedback",
            source: Publication.llsCode)
    }
}

extension Architecture: Hashable {
    public static func == (left: Architecture, right: Architecture) -> Bool {
        left.name == right.name && left.original == right.original
            && left.wrapsBlocks == right.wrapsBlocks && left.stages == right.stages
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(original)
        hasher.combine(wrapsBlocks)
        hasher.combine(stages)
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
