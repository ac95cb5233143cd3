import Tensors

/// A fixed random projection of the classes onto a block's activation.
final class FeedbackHead: BlockHead {
    /// `[classes, height, width, channels]` or `[classes, features]`.
    let projection: Parameter

    init(_ shape: HeadShape, on backend: any Backend) throws {
        let extents = Shape([shape.classes] + shape.output.dimensions)
        let description = ParameterDescription(
            "\(shape.block).projection", extents,
            layout: shape.output.rank == 3 ? .projection : .plain, initial: .positive(1e-4),
            isTrained: false)
        projection = Parameter(
            description: description, value: try backend.makeTensor(extents), gradient: nil)
    }

    /// `signal = error · projection`, error `[batch, classes]`.
    func project(_ error: Tensor, into signal: Tensor, on backend: any Backend) throws {
        let rows = projection.value.shape[0]
        let features = projection.value.count / rows
        try backend.multiply(
            error.matrix, projection.value.reshaped([rows, features]).matrix,
            into: signal.reshaped([error.shape[0], features]))
    }
}

extension LearningRule {
    /// A forward pass, the classifier's gradients, and then every block's that `trains` accepts, from
    /// the projection of what `error` makes of the logits' gradient (of the *summed* loss).
    func feedbackStep(
        _ network: Network, batch: Int, _ optimizers: [any Optimizer], loss: Tensor,
        trains: (any Block) -> Bool,
        error: (_ logitsGradient: Tensor, _ error: Tensor) throws -> Void
    ) throws {
        network.requireRule(self)
        let backend = network.backend
        try network.forward(batch: batch) { position, block, _ in
            try block.forward(
                network.input(of: position, batch: batch),
                network.workspace(of: position, batch: batch),
                into: network.output(of: position, batch: batch), pooled: nil, on: backend)
        }
        let logitsGradient = try network.classifierGradient(batch: batch, addingLossTo: loss)
        try backend.withScratch([logitsGradient.shape]) { scratch in
            try error(logitsGradient, scratch[0])
            for (position, unit) in network.units.enumerated().reversed() {
                guard case .block(let block, let head as FeedbackHead) = unit, trains(block),
                    let signal = network.gradient(of: position, batch: batch)
                else { continue }
                try head.project(scratch[0], into: signal, on: backend)
                try block.backward(
                    from: .output(signal), network.input(of: position, batch: batch),
                    network.workspace(of: position, batch: batch), into: nil, on: backend)
            }
        }
        for (optimizer, (block, group)) in zip(
            optimizers, zip(network.blocks.map(Optional.some) + [nil], network.groups))
        where block.map(trains) ?? true {
            try optimizer.step(group, on: backend)
        }
    }
}

/// Direct feedback alignment (Nøkland 2016): every block is driven by a fixed random projection of
/// the output's error. The projected signal is a sum over the batch, not a mean, as published.
public struct DFA: LearningRule {
    public let name = "DFA"
    public let retention = Retention.network

    public init() {}

    public var style: BlockStyle {
        var style = BlockStyle()
        style.prefix = ""
        return style
    }

    public func makeHead(
        for shape: HeadShape, _ settings: LocalLossSettings, on backend: any Backend
    ) throws -> (any BlockHead)? { try FeedbackHead(shape, on: backend) }

    public func step(
        _ network: Network, batch: Int, _ optimizers: [any Optimizer], losses: [Tensor]
    ) throws {
        try feedbackStep(
            network, batch: batch, optimizers, loss: losses[0], trains: { _ in true }
        ) { logitsGradient, error in
            try network.backend.scaleAdd(Float(batch), logitsGradient, 0, into: error)
        }
    }
}

/// Direct random target projection (Frenkel et al. 2021): as DFA, with the target in place of the
/// error; tanh blocks, and convolutions that stay as they were drawn. Their projections are kept
/// all the same, since weights files have them.
public struct DRTP: LearningRule {
    public let name = "DRTP"
    public let retention = Retention.network

    public init() {}

    public var style: BlockStyle {
        var style = BlockStyle()
        style.prefix = ""
        style.activation = .tanh
        return style
    }

    public func makeHead(
        for shape: HeadShape, _ settings: LocalLossSettings, on backend: any Backend
    ) throws -> (any BlockHead)? { try FeedbackHead(shape, on: backend) }

    public func step(
        _ network: Network, batch: Int, _ optimizers: [any Optimizer], losses: [Tensor]
    ) throws {
        try feedbackStep(
            network, batch: batch, optimizers, loss: losses[0],
            trains: { $0.outputShape.rank == 1 }
        ) { _, error in
            try network.backend.oneHot(network.labels.prefix(batch: batch), value: 1, into: error)
        }
    }
}
