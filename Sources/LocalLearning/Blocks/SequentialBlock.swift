import Tensors

/// Layers one after the other, and the 2×2 max pool behind them if the block hands that on.
final class SequentialBlock: Block {
    let description: BlockDescription
    let group: ParameterGroup
    private let chain: LayerChain

    init(_ description: BlockDescription, _ group: ParameterGroup) throws {
        self.description = description
        self.group = group
        chain = try LayerChain(description.layers, in: group)
    }

    func forward(_ tensors: BlockTensors, _ mode: PassMode) throws {
        let (batch, workspace) = (tensors.batch, tensors.workspace)
        let maxPool = description.maxPoolGeometry(batch: batch)
        guard mode == .training else {
            let activation = maxPool == nil ? tensors.output : chain.z(workspace)
            try chain.forward(tensors.input, workspace, mode, into: activation)
            try chain.last.finish(activation, mode, into: activation)
            if let maxPool {
                try group.backend.maxPool(activation, maxPool, into: tensors.output)
            }
            return
        }
        let z = chain.z(workspace)
        try chain.forward(tensors.input, workspace, mode, into: z)
        guard let pooled = tensors.pooled else {
            precondition(maxPool == nil, "a max pool in place of an activation that is needed")
            return try chain.last.finish(z, mode, into: tensors.output)
        }
        try chain.last.finish(
            z, description.poolGeometry(batch: batch), maxPool: maxPool, into: tensors.output,
            pooled)
    }

    func backward(from gradient: BlockGradient, _ tensors: BlockTensors) throws {
        let z = chain.z(tensors.workspace)
        switch gradient {
        case .pooled(let pooled):
            try chain.last.backward(
                from: pooled, z, description.poolGeometry(batch: tensors.batch))
        case .output(let gradient): try chain.last.backward(from: gradient, z)
        }
        try chain.backward(tensors.input, tensors.workspace, into: tensors.inputGradient)
    }
}
