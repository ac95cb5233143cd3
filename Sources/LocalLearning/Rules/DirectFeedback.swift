import Tensors

/// A fixed random projection of the classes onto a block's activation, as both published rules for
/// direct feedback have it.
enum RandomFeedback {
    /// `[classes, height, width, channels]` or `[classes, features]`, uniform in 0…10⁻⁴. The published
    /// name of `conv_block1.projection` is `conv1_hook.fixed_fb_weights`.
    static func parameter(of block: BlockShape) -> ParameterDescription {
        ParameterDescription(
            "\(block.block).projection", fileName: "\(hook(block)).fixed_fb_weights",
            Shape([block.classes] + block.output.dimensions),
            layout: block.output.rank == 3 ? .projection : .plain, initial: .positive(1e-4),
            isTrained: false)
    }

    /// The published hooks hold biases that nothing ever reads.
    static func unreadBias(of block: BlockShape) -> [String: Shape] {
        ["\(hook(block)).fixed_fb_bias": [block.classes]]
    }

    private static func hook(_ block: BlockShape) -> String {
        block.block.replacing("_block", with: "") + "_hook"
    }

    static func options(_ activation: Activation? = nil) -> BlockOptions {
        var options = BlockOptions()
        options.prefix = ""
        options.activation = activation ?? options.activation
        return options
    }
}

/// Direct feedback alignment (Nøkland 2016): every block is driven by a fixed random projection of
/// the output's error. The projected error is a sum over the batch, not a mean, as published. Class
/// weights multiply each sample's error by its label's weight, divided by their mean in the batch.
public struct DFA: DirectRule {
    public let name = "DFA"
    public let summary = "fixed random projections carry the error of the output to every block"
    public let source = "Nøkland 2016, arXiv 1609.01596"

    /// The rule has no settings.
    public init() {}

    public var blockOptions: BlockOptions { RandomFeedback.options() }

    public func parameters(of block: BlockShape) -> [ParameterDescription] {
        [RandomFeedback.parameter(of: block)]
    }

    public func unreadTensors(of block: BlockShape) -> [String: Shape] {
        RandomFeedback.unreadBias(of: block)
    }

    public func error(
        of logitsGradient: Tensor, _ targets: Targets, into error: Tensor, on backend: any Backend
    ) throws {
        try backend.scaleAdd(Float(targets.batch), logitsGradient, 0, into: error)
    }
}

/// Direct random target projection (Frenkel et al. 2021): as DFA, with the target in place of the
/// error; tanh blocks, and convolutions that stay as they were drawn. Their projections are kept
/// all the same, since weights files have them. There is no loss to weight in its blocks: class weights
/// multiply each sample's target by its label's weight, divided by their mean in the batch, as in DFA.
public struct DRTP: DirectRule {
    public let name = "DRTP"
    public let summary = "as DFA, with the target in place of the error; convolutions stay as drawn"
    public let source = "Frenkel et al. 2021, arXiv 1909.01311"

    /// The rule has no settings.
    public init() {}

    public var blockOptions: BlockOptions { RandomFeedback.options(.tanh) }

    public func parameters(of block: BlockShape) -> [ParameterDescription] {
        [RandomFeedback.parameter(of: block)]
    }

    public func unreadTensors(of block: BlockShape) -> [String: Shape] {
        RandomFeedback.unreadBias(of: block)
    }

    public func trains(_ block: BlockDescription) -> Bool { block.outputShape.rank == 1 }

    public func error(
        of logitsGradient: Tensor, _ targets: Targets, into error: Tensor, on backend: any Backend
    ) throws {
        try backend.oneHot(targets, value: 1, into: error)
    }
}
