import Tensors

/// `activation(layers(x) + shortcut(x))`, the block of He et al. 2016.
///
/// The workspace holds the layers' tensors; then, with a layer on the shortcut, its `z`; then, if it is
/// needed, one tensor shaped as the activation: first the shortcut's output, later the gradient of the
/// sum.
final class ResidualBlock: Block {
    let description: BlockDescription
    let group: ParameterGroup
    private let chain: LayerChain
    /// Nil if the shortcut is the input itself.
    private let shortcut: Layer?

    init(_ description: BlockDescription, _ group: ParameterGroup) throws {
        self.description = description
        self.group = group
        chain = try LayerChain(description.layers, in: group)
        if case .layer(let layer) = description.shortcut {
            shortcut = try Layer(layer, in: group)
        } else {
            shortcut = nil
        }
    }

    static func workspaceShapes(
        _ shortcut: BlockDescription.ShortcutDescription, _ activation: Shape, _ isLocal: Bool
    ) -> [Shape] {
        switch shortcut {
        case .layer: [activation, activation]
        case .identity: isLocal ? [activation] : []
        }
    }

    func forward(_ tensors: BlockTensors, _ mode: PassMode) throws {
        let (backend, output, workspace) = (group.backend, tensors.output, tensors.workspace)
        let z = mode == .training ? chain.z(workspace) : output
        try chain.forward(tensors.input, workspace, mode, into: z)
        try chain.last.finish(z, mode, into: output)
        var side = tensors.input
        if let shortcut {
            let z = workspace[chain.workspaceCount]
            side = mode == .training ? workspace[chain.workspaceCount + 1] : z
            try shortcut.map(tensors.input, into: z)
            try shortcut.finish(z, mode, into: side)
        }
        try backend.scaleAdd(1, side, 1, into: output)
        try backend.activate(output, description.activation, into: output)
        if mode == .training, let pooled = tensors.pooled {
            try backend.averagePool(
                output, description.poolGeometry(batch: tensors.batch), into: pooled.value)
        }
    }

    func backward(from gradient: BlockGradient, _ tensors: BlockTensors) throws {
        let (backend, workspace) = (group.backend, tensors.workspace)
        let sum: Tensor
        switch gradient {
        case .output(let outputGradient): sum = outputGradient
        case .pooled(let pooled):
            sum = workspace[workspace.count - 1]
            try backend.averagePoolGradient(
                of: pooled.gradient, description.poolGeometry(batch: tensors.batch), into: sum)
        }
        try backend.activationGradient(
            of: sum, output: tensors.output, description.activation, into: sum)

        try chain.last.backward(from: sum, chain.z(workspace))
        try chain.backward(tensors.input, workspace, into: tensors.inputGradient)
        guard let shortcut else {
            if let inputGradient = tensors.inputGradient {
                try backend.scaleAdd(1, sum, 1, into: inputGradient)
            }
            return
        }
        let z = workspace[chain.workspaceCount]
        try shortcut.backward(from: sum, z)
        try shortcut.computeWeightGradient(tensors.input, z)
        guard let inputGradient = tensors.inputGradient else { return }
        try backend.withScratch([inputGradient.shape]) { scratch in
            try shortcut.computeInputGradient(z, into: scratch[0])
            try backend.scaleAdd(1, scratch[0], 1, into: inputGradient)
        }
    }
}
