import Tensors

/// One stage of a network, as data.
public enum Stage: Hashable, Sendable {
    /// A 3×3 convolution block. `pool` is the size its activation is pooled to for the local loss.
    case convolution(Int, stride: Int = 1, pool: Int)
    /// A depthwise 3×3 convolution and a pointwise one, both with batch norm and activation.
    case depthwise(Int, stride: Int = 1, pool: Int)
    /// A linear block.
    case linear(Int, pool: Int)
    /// 2×2, stride 2; the largest element, unless the run wants means.
    case maxPool
    /// Adaptive, to `size × size`; flattens.
    case averagePool(Int)
    /// At the run's probability; nothing at probability 0.
    case dropout
}

/// What the 2×2 pools between blocks take of a window; the published names.
public enum Pooling: String, CaseIterable, Sendable {
    case max = "MAX"
    case mean = "AVG"
}

/// A network as data: adding one is a file with its stages and a line in ``ModelCatalog``.
public struct Architecture: Hashable, Sendable {
    /// The published name.
    public let name: String
    public let stages: [Stage]
    /// Length of a random projection's rows before they are pooled to a block's features; nil for
    /// those features themselves.
    public let projectionLength: Int?
    /// Basis rows of LLS_MxM_reduced, by number of classes.
    let reducedRows: ReducedRows
    /// Whether the published class puts every block into a layer that trains it. Those for direct
    /// feedback do not.
    let wrapsBlocks: Bool

    enum ReducedRows: Hashable, Sendable {
        case always(Int)
        /// 100 above 200 classes, else 20.
        case byClasses
    }

    init(
        _ name: String, projectionLength: Int? = 2048, reducedRows: ReducedRows = .always(20),
        wrapsBlocks: Bool = true, _ stages: [Stage]
    ) {
        self.name = name
        self.stages = stages
        self.projectionLength = projectionLength
        self.reducedRows = reducedRows
        self.wrapsBlocks = wrapsBlocks
    }

    /// The same network under the name that its copy for direct feedback was published by.
    func feedbackAlias(_ name: String) -> Architecture {
        Architecture(
            name, projectionLength: projectionLength, reducedRows: reducedRows,
            wrapsBlocks: false, stages)
    }

    /// Basis rows of LLS_MxM_reduced.
    public func reducedRows(classes: Int) -> Int {
        switch reducedRows {
        case .always(let rows): rows
        case .byClasses: classes > 200 ? 100 : 20
        }
    }
}

/// An input that an architecture's layers do not allow.
public struct ArchitectureError: Error, CustomStringConvertible {
    public let description: String
}
