import Tensors

/// A block: an affine map, batch norm and an activation, trained by itself.
///
/// Shapes are per sample (`[height, width, channels]` or `[features]`); tensors carry the batch in
/// front. What a block must keep from its forward to its backward pass is lent to it by the network,
/// one tensor for each of ``workspaceShapes``.
public protocol Block: AnyObject {
    /// PyTorch's name in the published models: `conv_block1`.
    var name: String { get }
    var outputShape: Shape { get }
    var workspaceShapes: [Shape] { get }
    /// The size its activation is pooled to for the local loss.
    var poolSize: Int { get }
    var group: ParameterGroup { get }
    /// Multiply–accumulates of one sample's forward pass.
    var multiplyAccumulates: Int { get }

    /// The training pass: `output` is the activation, `pooled` what the local loss sees.
    func forward(
        _ input: Tensor, _ workspace: [Tensor], into output: Tensor, pooled: Tensor,
        windowSums: Tensor, on backend: any Backend) throws

    /// The gradients of all its parameters, from the gradient of `pooled`. Uses up the workspace.
    func backward(
        ofPooled pooledGradient: Tensor, _ input: Tensor, _ workspace: [Tensor],
        windowSums: Tensor, on backend: any Backend) throws

    /// A pass whose statistics are the batch's own, which moves the running ones and nothing else.
    func updateStatistics(
        _ input: Tensor, into output: Tensor, on backend: any Backend) throws

    /// The inference pass, by the running statistics.
    func infer(_ input: Tensor, into output: Tensor, on backend: any Backend) throws
}

extension Block {
    /// The geometry of its local loss's pool for a batch.
    public func poolGeometry(batch: Int) -> AveragePoolGeometry {
        AveragePoolGeometry(
            inputShape: Shape([batch] + outputShape.dimensions), size: poolSize)
    }

    /// Features of one sample after its pool.
    public var pooledFeatures: Int { poolGeometry(batch: 1).features }
}
