import Tensors

/// One stage of a network, as data.
public enum Stage: Hashable, Sendable {
    /// A 3×3 convolution block. `pool` is the size its activation is pooled to for the local loss.
    case convolution(Int, stride: Int = 1, pool: Int)
    /// A linear block.
    case linear(Int, pool: Int)
    /// 2×2, stride 2.
    case maxPool
    /// Adaptive, to `size × size`; flattens.
    case averagePool(Int)
}

/// A network as data: adding one is a file with its stages and a line in ``ModelCatalog``.
public struct Architecture: Hashable, Sendable {
    /// The published name.
    public let name: String
    public let stages: [Stage]

    public init(_ name: String, _ stages: [Stage]) {
        self.name = name
        self.stages = stages
    }
}

/// An input that an architecture's layers do not allow.
public struct ArchitectureError: Error, CustomStringConvertible {
    public let description: String
}
