import Tensors

/// A convolution of a block, with the batch norm and the activation behind it, as data.
public struct ConvolutionStage: Hashable, Sendable {
    /// Channels that it puts out; nil for as many as it reads.
    public var channels: Int?
    /// Height and width of the kernel, in pixels.
    public var kernel: Int
    /// In pixels, on both axes.
    public var stride, padding: Int
    /// Groups of channels that do not see each other; nil for one group a channel (depthwise).
    public var groups: Int?
    /// Whether the map adds a bias, and whether a batch norm follows it.
    public var hasBias, hasNorm: Bool
    /// Nil for the rule's own.
    public var activation: Activation?

    /// A convolution; without a padding, half the kernel's size, rounded down.
    public init(
        _ channels: Int?, kernel: Int = 3, stride: Int = 1, padding: Int? = nil, groups: Int? = 1,
        hasBias: Bool = true, hasNorm: Bool = true, activation: Activation? = nil
    ) {
        self.channels = channels
        self.kernel = kernel
        self.stride = stride
        self.padding = padding ?? kernel / 2
        self.groups = groups
        self.hasBias = hasBias
        self.hasNorm = hasNorm
        self.activation = activation
    }
}

/// A linear map of a block, with the batch norm and the activation behind it, as data.
public struct LinearStage: Hashable, Sendable {
    /// Features that it puts out.
    public var features: Int
    /// Whether the map adds a bias, and whether a batch norm follows it.
    public var hasBias, hasNorm: Bool
    /// Nil for the rule's own.
    public var activation: Activation?

    /// A linear map with batch norm.
    public init(
        _ features: Int, hasBias: Bool = true, hasNorm: Bool = true, activation: Activation? = nil
    ) {
        self.features = features
        self.hasBias = hasBias
        self.hasNorm = hasNorm
        self.activation = activation
    }
}

/// What is added to the last layer's output of a residual block.
public enum Shortcut: Hashable, Sendable {
    /// The block's input if the shapes are equal, else a 1×1 convolution of it with batch norm.
    case automatic
    /// The block's input, whose shape must be the output's.
    case identity
    /// A convolution of the input.
    case convolution(ConvolutionStage)
}

/// A block, as data: what one loss, one optimizer and one step of a local rule belong to.
public struct BlockStage: Hashable, Sendable {
    /// The layers of a block.
    public enum Layers: Hashable, Sendable {
        /// One after the other.
        case convolutions([ConvolutionStage])
        /// One after the other, and the activation behind the sum with the shortcut.
        case residual([ConvolutionStage], Shortcut)
        /// One linear layer.
        case linear(LinearStage)
    }

    /// Its layers.
    public var layers: Layers
    /// The size its activation is pooled to for a local loss: of images, height and width; of
    /// features, their number.
    public var pool: Int

    /// A block and the pool of its local loss.
    public init(_ layers: Layers, pool: Int) {
        self.layers = layers
        self.pool = pool
    }
}

/// One stage of a network, as data.
public enum Stage: Hashable, Sendable {
    /// A block.
    case block(BlockStage)
    /// 2×2, stride 2; the largest element, unless the run wants means.
    case maxPool
    /// Adaptive, to `size × size`; flattens.
    case averagePool(Int)
    /// At the run's probability; nothing at probability 0.
    case dropout

    /// A 3×3 convolution block.
    public static func convolution(_ channels: Int, stride: Int = 1, pool: Int) -> Stage {
        .block(
            BlockStage(.convolutions([ConvolutionStage(channels, stride: stride)]), pool: pool))
    }

    /// A depthwise 3×3 convolution and a pointwise one without biases. The padding is the stride, as
    /// in the published MobileNet.
    public static func depthwise(_ channels: Int, stride: Int = 1, pool: Int) -> Stage {
        .block(
            BlockStage(
                .convolutions([
                    ConvolutionStage(
                        nil, stride: stride, padding: stride, groups: nil, hasBias: false),
                    ConvolutionStage(channels, kernel: 1, hasBias: false),
                ]), pool: pool))
    }

    /// Two 3×3 convolutions without biases and a shortcut, the basic block of He et al. 2016.
    public static func residual(_ channels: Int, stride: Int = 1, pool: Int) -> Stage {
        .block(
            BlockStage(
                .residual(
                    [
                        ConvolutionStage(channels, stride: stride, hasBias: false),
                        ConvolutionStage(channels, hasBias: false),
                    ], .automatic), pool: pool))
    }

    /// A linear block.
    public static func linear(_ features: Int, pool: Int) -> Stage {
        .block(BlockStage(.linear(LinearStage(features)), pool: pool))
    }
}

/// What the 2×2 pools between blocks take of a window; the published names.
public enum Pooling: String, CaseIterable, Sendable {
    /// The largest element.
    case max = "MAX"
    /// The mean.
    case mean = "AVG"
}
