import Tensors

/// A block: an affine map, batch norm and an activation, trained by itself or with others.
///
/// Shapes are per sample (`[height, width, channels]` or `[features]`); tensors carry the batch in
/// front. What a block must keep from its forward to its backward pass is lent to it by the network,
/// one tensor for each of ``workspaceShapes``.
public protocol Block: AnyObject {
    /// PyTorch's name in the published models: `conv_block1`.
    var name: String { get }
    /// Of its activation, which is what a loss of its own sees.
    var activationShape: Shape { get }
    /// Of what it hands on: its activation, or the max pool of that.
    var outputShape: Shape { get }
    var workspaceShapes: [Shape] { get }
    /// The size its activation is pooled to for a local loss.
    var poolSize: Int { get }
    var group: ParameterGroup { get }
    /// Multiply–accumulates of one sample's forward pass.
    var multiplyAccumulates: Int { get }

    /// The training pass; into `pooled`, where it is given, goes what a local loss sees.
    ///
    /// - Precondition: a block that hands on a max pool has a loss of its own, for nobody else gets
    ///   along without its activation.
    func forward(
        _ input: Tensor, _ workspace: [Tensor], into output: Tensor, pooled: PooledOutput?,
        on backend: any Backend) throws

    /// The gradients of all its parameters, and of its input where that is wanted. Uses up the
    /// workspace and the signal.
    func backward(
        from signal: BlockSignal, _ input: Tensor, _ workspace: [Tensor],
        into inputGradient: Tensor?, on backend: any Backend) throws

    /// A pass whose statistics are the batch's own, which moves the running ones and nothing else.
    func updateStatistics(
        _ input: Tensor, _ workspace: [Tensor], into output: Tensor, on backend: any Backend)
        throws

    /// The inference pass, by the running statistics.
    func infer(
        _ input: Tensor, _ workspace: [Tensor], into output: Tensor, on backend: any Backend)
        throws
}

/// Where a block leaves its pooled activation `[batch, features]`, and the window sums of
/// ``LocalLossOps/batchNormPool(_:_:_:_:_:into:pooled:windowSums:)``.
public struct PooledOutput {
    public let pooled, windowSums: Tensor
}

/// What a block is taught by.
public enum BlockSignal {
    /// The gradient of its pooled activation, from a loss of its own.
    case pooled(Tensor, windowSums: Tensor)
    /// The gradient of its activation.
    case output(Tensor)
}

/// What a rule decides about every block of a network.
public struct BlockStyle: Hashable, Sendable {
    public var activation = Activation.leakyReLU(slope: 0.01)
    /// Between a block's name and its parameters' in files; the published networks for direct
    /// feedback have none.
    public var prefix = "block."

    public init() {}
}

extension Block {
    public var outputShape: Shape { activationShape }

    /// The geometry of its local loss's pool for a batch.
    public func poolGeometry(batch: Int) -> AveragePoolGeometry {
        AveragePoolGeometry(
            inputShape: Shape([batch] + activationShape.dimensions), size: poolSize)
    }

    /// Features of one sample after its pool.
    public var pooledFeatures: Int { poolGeometry(batch: 1).features }
}
