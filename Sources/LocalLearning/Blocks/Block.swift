import Tensors

/// A block at work: its layers' parameters on a device, and how they run.
///
/// The memory of a step belongs to the network, which lends it with every call.
public protocol Block: AnyObject {
    /// What it was made from.
    var description: BlockDescription { get }
    /// Its parameters, and those that the rule keeps for it.
    var group: ParameterGroup { get }

    /// Reads ``BlockTensors/input``, writes ``BlockTensors/output`` and, in training by a local rule,
    /// ``BlockTensors/pooled``.
    func forward(_ tensors: BlockTensors, _ mode: PassMode) throws

    /// The gradients of all parameters of its layers, and of its input if
    /// ``BlockTensors/inputGradient`` is wanted. Uses up the workspace and the gradient that it starts
    /// from.
    func backward(from gradient: BlockGradient, _ tensors: BlockTensors) throws
}

/// What the backward pass of a block starts from.
public enum BlockGradient {
    /// The gradient of its pooled activation, from a loss of its own.
    case pooled(PooledActivation)
    /// The gradient of its output.
    case output(Tensor)
}

/// The pooled activation of a block: what a local loss reads and answers.
public struct PooledActivation {
    /// The pooled activation and its gradient, `[batch, features]`.
    public let value, gradient: Tensor
    /// The window sums of ``LocalLossOps/batchNormPool(_:_:_:_:_:maxPool:into:pooled:windowSums:)``.
    let windowSums: Tensor
}

/// The tensors of one block for one batch.
public struct BlockTensors {
    /// `[batch, height, width, channels]` or `[batch, features]`.
    public let input, output: Tensor
    /// One for each of the block's workspace shapes.
    let workspace: [Tensor]
    /// Nil unless the rule is local.
    public let pooled: PooledActivation?
    /// Of the block's output; nil if the rule is local.
    public let outputGradient: Tensor?
    /// Of the block's input; nil unless the rule is chained and a block comes before.
    public let inputGradient: Tensor?

    var batch: Int { input.shape[0] }
}

/// One block in one training step, as a rule sees it.
public struct BlockContext {
    /// The block that learns.
    public let block: any Block
    /// Its tensors for this batch.
    public let tensors: BlockTensors
    /// The batch's labels, and the classes' weights in every loss.
    public let targets: Targets

    /// What the block belongs to, and all its tensors lie on.
    public var backend: any Backend { block.group.backend }

    /// The pooled activation, `[batch, features]`: there after ``forward()``.
    ///
    /// - Precondition: the rule is local.
    public var pooled: Tensor { pooledActivation.value }

    /// Where the gradient of ``pooled`` belongs.
    ///
    /// - Precondition: the rule is local.
    public var pooledGradient: Tensor { pooledActivation.gradient }

    /// The gradient of the block's output, from the block behind it.
    ///
    /// - Precondition: the rule is chained.
    public var outputGradient: Tensor {
        guard let gradient = tensors.outputGradient else {
            preconditionFailure("\(block.description.name) has no gradient of its output")
        }
        return gradient
    }

    /// Runs the block forward, keeping what the backward pass needs.
    public func forward() throws { try block.forward(tensors, .training) }

    /// Computes the block's gradients from ``pooledGradient``, which is used up.
    ///
    /// - Precondition: the rule is local.
    public func backwardFromPooledGradient() throws {
        try block.backward(from: .pooled(pooledActivation), tensors)
    }

    /// Computes the block's gradients, and its input's if the rule is chained, from a gradient of its
    /// output, which is used up.
    public func backward(from outputGradient: Tensor) throws {
        try block.backward(from: .output(outputGradient), tensors)
    }

    private var pooledActivation: PooledActivation {
        guard let pooled = tensors.pooled else {
            preconditionFailure("\(block.description.name) has no loss of its own")
        }
        return pooled
    }
}

extension BlockDescription {
    /// The tensors that the block keeps from its forward to its backward pass, of one sample.
    ///
    /// - Parameter isLocal: whether the block has a loss of its own.
    func workspaceShapes(isLocal: Bool) -> [Shape] {
        LayerChain.workspaceShapes(layers)
            + (shortcut.map { ResidualBlock.workspaceShapes($0, activationShape, isLocal) } ?? [])
    }

    func make(forInference: Bool, on backend: any Backend) throws -> any Block {
        let group = try ParameterGroup(parameters, forInference: forInference, on: backend)
        return shortcut == nil
            ? try SequentialBlock(self, group) : try ResidualBlock(self, group)
    }
}
