import Tensors

/// A rule that gives each block a loss of its own pooled activation. No gradient crosses from one
/// block into another, so a block is trained as soon as it has run, and what it needed for that is
/// forgotten.
public protocol LocalRule: LearningRule {
    /// The loss of one block. Every block gets one: a block without a loss would never run, and the
    /// next one would train on whatever lies in memory.
    func makeLocalHead(
        for shape: HeadShape, _ settings: LocalLossSettings, on backend: any Backend
    ) throws -> any LocalHead
}

extension LocalRule {
    public var retention: Retention { .block }

    /// A network takes ``makeLocalHead(for:_:on:)`` of a local rule, so that another answer than this
    /// one changes nothing.
    public func makeHead(
        for shape: HeadShape, _ settings: LocalLossSettings, on backend: any Backend
    ) throws -> (any BlockHead)? { try makeLocalHead(for: shape, settings, on: backend) }

    public func step(
        _ network: Network, batch: Int, _ optimizers: [any Optimizer], losses: [Tensor]
    ) throws {
        network.requireRule(self)
        let backend = network.backend
        let labels = network.labels.prefix(batch: batch)
        var index = 0
        try network.forward(batch: batch) { position, block, head in
            guard let head = head as? any LocalHead else {
                preconditionFailure("\(block.name) has no local loss")
            }
            let input = network.input(of: position, batch: batch)
            let workspace = network.workspace(of: position, batch: batch)
            let pool = network.pool(of: position, batch: batch)
            try block.forward(
                input, workspace, into: network.output(of: position, batch: batch),
                pooled: PooledOutput(pooled: pool.pooled, windowSums: pool.windowSums),
                on: backend)
            try head.signal(
                pool.pooled, labels, into: pool.pooledGradient, addingLossTo: losses[index],
                on: backend)
            try block.backward(
                from: .pooled(pool.pooledGradient, windowSums: pool.windowSums), input, workspace,
                into: nil, on: backend)
            try optimizers[index].step(block.group, on: backend)
            index += 1
        }
        _ = try network.classifierGradient(batch: batch, addingLossTo: losses[index])
        try optimizers[index].step(network.classifier.group, on: backend)
    }
}
