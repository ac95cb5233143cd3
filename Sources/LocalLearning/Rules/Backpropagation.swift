import Tensors

/// Ordinary backpropagation of the output's cross-entropy, as the measure of all others.
public struct Backpropagation: LearningRule {
    public let name = "BP"
    public let retention = Retention.chain

    public init() {}

    public func makeHead(
        for shape: HeadShape, _ settings: LocalLossSettings, on backend: any Backend
    ) throws -> (any BlockHead)? { nil }

    public func step(
        _ network: Network, batch: Int, _ optimizers: [any Optimizer], losses: [Tensor]
    ) throws {
        network.requireRule(self)
        let backend = network.backend
        try network.forward(batch: batch) { position, block, _ in
            try block.forward(
                network.input(of: position, batch: batch),
                network.workspace(of: position, batch: batch),
                into: network.output(of: position, batch: batch), pooled: nil, on: backend)
        }
        _ = try network.classifierGradient(
            batch: batch, into: network.gradient(of: network.units.count - 1, batch: batch),
            addingLossTo: losses[0])
        for (position, unit) in network.units.enumerated().reversed() {
            guard case .block(let block, _) = unit,
                let gradient = network.gradient(of: position, batch: batch)
            else {
                try network.backward(unit, at: position, batch: batch)
                continue
            }
            try block.backward(
                from: .output(gradient), network.input(of: position, batch: batch),
                network.workspace(of: position, batch: batch),
                into: network.gradient(of: position - 1, batch: batch), on: backend)
        }
        for (optimizer, group) in zip(optimizers, network.groups) {
            try optimizer.step(group, on: backend)
        }
    }
}
