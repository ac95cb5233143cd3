import Tensors

/// A way to teach a network: it says how one block learns. Rule and model are chosen independently.
///
/// A rule conforms to ``LocalRule``, ``DirectRule`` or ``ChainedRule``, which give it its ``method``.
/// The loop over the blocks is not the rule's: it follows from the method.
public protocol LearningRule: Described, Sendable {
    /// The published name.
    var name: String { get }

    /// Where the gradient of a block's activation comes from.
    var method: LearningMethod { get }

    /// How blocks are built.
    var blockOptions: BlockOptions { get }

    /// Whether blocks are compared with the periodic basis, so that ``LocalLossSettings/waveform``
    /// matters.
    var usesBasis: Bool { get }

    /// The parameters that the rule adds to a block, in an order of its own. They are trained with the
    /// block or fixed, and are kept in weights files. Their names begin with the block's.
    func parameters(of block: BlockShape) -> [ParameterDescription]

    /// Names and shapes of tensors that published weights files hold for a block and that nothing
    /// reads: they are written as zeros, and may be missing.
    func unreadTensors(of block: BlockShape) -> [String: Shape]
}

extension LearningRule {
    public var blockOptions: BlockOptions { BlockOptions() }
    public var usesBasis: Bool { false }
    public func parameters(of block: BlockShape) -> [ParameterDescription] { [] }
    public func unreadTensors(of block: BlockShape) -> [String: Shape] { [:] }
}

/// Where the gradient of a block's activation comes from, and so when the block can be trained.
public enum LearningMethod: Sendable {
    /// From a loss of the block's own: it is trained as soon as it has run, and all but its output is
    /// forgotten.
    case local(any LocalRule)
    /// From the output's error, straight: blocks are trained after the whole forward pass.
    case direct(any DirectRule)
    /// From the block behind it: blocks are trained after the whole forward pass, last first.
    case chained(any ChainedRule)
}

/// A rule that gives each block a loss of its own pooled activation. No gradient crosses from one
/// block into another.
public protocol LocalRule: LearningRule {
    /// The loss of one block, on the device that holds the block.
    ///
    /// - Parameter parameters: those of ``LearningRule/parameters(of:)``, in that order.
    func makeLoss(
        for block: BlockShape, _ parameters: [Parameter], _ settings: LocalLossSettings,
        on backend: any Backend
    ) throws -> any LocalLoss

    /// Runs one block forward and computes the gradients of all its parameters and of the rule's own.
    /// The default runs it forward, asks the loss, and runs it backward.
    ///
    /// - Parameter total: `[1]`, to which the batch's mean loss is added.
    func train(_ block: BlockContext, _ loss: any LocalLoss, addingLossTo total: Tensor) throws
}

extension LocalRule {
    public var method: LearningMethod { .local(self) }

    public func train(
        _ block: BlockContext, _ loss: any LocalLoss, addingLossTo total: Tensor
    ) throws {
        try block.forward()
        try loss.lossAndGradient(
            of: block.pooled, block.targets, into: block.pooledGradient, addingLossTo: total)
        try block.backwardFromPooledGradient()
    }
}

/// A loss of a block's own.
public protocol LocalLoss: AnyObject {
    /// The loss of a pooled activation and its gradient, and the gradients of the rule's own
    /// parameters of the block.
    ///
    /// - Parameters:
    ///   - pooled: `[batch, features]`.
    ///   - targets: the batch's labels, and the classes' weights in the loss, which whoever takes a
    ///     cross-entropy hands on.
    ///   - pooledGradient: `[batch, features]`, of the batch's mean loss.
    ///   - total: `[1]`, to which the batch's mean loss is added.
    func lossAndGradient(
        of pooled: Tensor, _ targets: Targets, into pooledGradient: Tensor,
        addingLossTo total: Tensor) throws
}

/// A rule that drives each block by what it makes of the output's error, whatever lies between.
public protocol DirectRule: LearningRule {
    /// Whether a block is trained at all.
    func trains(_ block: BlockDescription) -> Bool

    /// What is fed back to all blocks, `[batch, classes]`, from the gradient of the batch's mean loss
    /// with respect to the logits, in which the classes' weights are.
    func error(
        of logitsGradient: Tensor, _ targets: Targets, into error: Tensor, on backend: any Backend
    ) throws

    /// The gradient of one block's output, from the error. The default multiplies it with the block's
    /// first rule parameter, `[classes, …]`.
    ///
    /// - Parameters:
    ///   - parameters: those of ``LearningRule/parameters(of:)``, in that order.
    ///   - outputGradient: `[batch, height, width, channels]` or `[batch, features]`.
    func project(
        _ error: Tensor, _ parameters: [Parameter], into outputGradient: Tensor,
        on backend: any Backend) throws
}

extension DirectRule {
    public var method: LearningMethod { .direct(self) }

    public func trains(_ block: BlockDescription) -> Bool { true }

    public func project(
        _ error: Tensor, _ parameters: [Parameter], into outputGradient: Tensor,
        on backend: any Backend
    ) throws {
        guard let projection = parameters.first?.value else {
            preconditionFailure("\(name) has no projection for a block")
        }
        let classes = projection.shape[0]
        let features = projection.count / classes
        try backend.multiply(
            error.matrix, projection.reshaped([classes, features]).matrix,
            into: outputGradient.reshaped([error.shape[0], features]))
    }
}

/// A rule whose blocks get their gradient from the block behind them.
public protocol ChainedRule: LearningRule {
    /// Computes the gradients of a block's parameters and of its input. The default is the chain rule.
    func backward(_ block: BlockContext) throws
}

extension ChainedRule {
    public var method: LearningMethod { .chained(self) }

    public func backward(_ block: BlockContext) throws {
        try block.backward(from: block.outputGradient)
    }
}
