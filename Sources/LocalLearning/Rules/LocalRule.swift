import Tensors

/// A rule that gives each block a loss of its own pooled activation. No gradient crosses from one
/// block into another, so a block is trained as soon as it has run, and what it needed for that is
/// forgotten.
public protocol LocalRule: LearningRule {}

extension LocalRule {
    public var retention: Retention { .block }

    public func step(
        _ network: Network, batch: Int, _ optimizers: [any Optimizer], losses: [Tensor]
    ) throws {
        let backend = network.backend
        let labels = network.labels.prefix(batch: batch)
        var index = 0
        try network.forward(batch: batch) { position, block, head in
            guard let head = head as? any LocalHead else { return }
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
