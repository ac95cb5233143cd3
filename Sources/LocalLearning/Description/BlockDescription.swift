import Tensors

/// A block, before any device: its layers, and the local loss that looks at it. Shapes are those of
/// one sample.
public struct BlockDescription: Sendable, Hashable {
    /// A path beside the layers of a residual block; the two are added before the activation.
    public enum ShortcutDescription: Sendable, Hashable {
        /// The input itself.
        case identity
        /// A layer that reads the input.
        case layer(LayerDescription)
    }

    /// PyTorch's name in the published models: `conv_block1`.
    public let name: String
    /// `[height, width, channels]` or `[features]`.
    public let inputShape: Shape
    /// One after the other. The last one of a residual block has no activation of its own.
    public let layers: [LayerDescription]
    /// Nil for a block without one.
    public let shortcut: ShortcutDescription?
    /// Behind the last layer, or the sum with the shortcut.
    public let activation: Activation
    /// The size that its activation is pooled to for a local loss.
    public let pool: Int
    /// Whether it hands on the 2×2 max pool of its activation, which then is never stored.
    public let maxPools: Bool
    /// Parameters of the rule, trained with the block or fixed.
    public internal(set) var ruleParameters: [ParameterDescription] = []

    /// The shape of its activation, which is what a local loss sees.
    public var activationShape: Shape { layers[layers.count - 1].outputShape }

    /// The shape of what it hands on.
    public var outputShape: Shape {
        guard maxPools else { return activationShape }
        return [activationShape[0] / 2, activationShape[1] / 2, activationShape[2]]
    }

    /// All layers, the shortcut's last.
    public var allLayers: [LayerDescription] {
        if case .layer(let layer) = shortcut { layers + [layer] } else { layers }
    }

    /// Of all layers, then those of the rule.
    public var parameters: [ParameterDescription] {
        allLayers.flatMap(\.parameters) + ruleParameters
    }

    /// Multiply–accumulates of one sample's forward pass.
    public var multiplyAccumulates: Int { allLayers.map(\.multiplyAccumulates).saturatingSum() }

    /// The geometry of its local loss's average pool for a batch.
    public func poolGeometry(batch: Int) -> AveragePoolGeometry {
        AveragePoolGeometry(inputShape: Shape([batch] + activationShape.dimensions), size: pool)
    }

    /// Features of one sample after its average pool.
    public var features: Int { poolGeometry(batch: 1).features }

    /// The geometry of the max pool that it hands on; nil if it hands on its activation.
    func maxPoolGeometry(batch: Int) -> MaxPoolGeometry? {
        maxPools ? .halving(Shape([batch] + activationShape.dimensions)) : nil
    }

    /// Whether its backward pass looks at what it put out: the sum of a residual block is kept
    /// nowhere else.
    var keepsOutput: Bool { shortcut != nil }
}
