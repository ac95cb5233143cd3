import Tensors

/// `activation(batchNorm(x·W + b))`.
final class LinearBlock: Block {
    let name: String
    let poolSize: Int
    let group: ParameterGroup
    private let inputs, outputs: Int
    private let weights, bias, weightGradient: Tensor
    private let norm: BatchNormLayer

    init(
        name: String, inputs: Int, outputs: Int, poolSize: Int, style: BlockStyle,
        head: [ParameterDescription], on backend: any Backend
    ) throws {
        self.name = name
        self.poolSize = poolSize
        self.inputs = inputs
        self.outputs = outputs
        let prefix = "\(name).\(style.prefix)"
        group = try ParameterGroup(
            ParameterDescription.linear("\(prefix)linear", inputs: inputs, outputs: outputs)
                + BatchNormLayer.descriptions("\(prefix)bn", channels: outputs) + head,
            on: backend)
        weights = group["linear.weight"].value
        bias = group["linear.bias"].value
        weightGradient = group.gradient("linear.weight")
        norm = try BatchNormLayer(
            "\(prefix)bn", channels: outputs, activation: style.activation, in: group, on: backend)
    }

    var activationShape: Shape { [outputs] }
    var workspaceShapes: [Shape] { [activationShape] }
    var multiplyAccumulates: Int { inputs * outputs }

    private func multiply(_ input: Tensor, into output: Tensor, on backend: any Backend) throws {
        try backend.multiply(input.matrix, weights.matrix, bias: bias, into: output)
    }

    func forward(
        _ input: Tensor, _ workspace: [Tensor], into output: Tensor, pooled: PooledOutput?,
        on backend: any Backend
    ) throws {
        try multiply(input, into: workspace[0], on: backend)
        try norm.forward(
            workspace[0], poolGeometry(batch: input.shape[0]), into: output, pooled: pooled,
            on: backend)
    }

    /// The gradient of the bias is exactly 0, since a batch norm follows: it is never computed.
    func backward(
        from signal: BlockSignal, _ input: Tensor, _ workspace: [Tensor],
        into inputGradient: Tensor?, on backend: any Backend
    ) throws {
        let gradient = workspace[0]
        try norm.backward(
            from: signal, gradient, poolGeometry(batch: input.shape[0]), on: backend)
        try backend.multiply(input.transposed, gradient.matrix, into: weightGradient)
        if let inputGradient {
            try backend.multiply(
                gradient.matrix, weights.transposed, into: inputGradient.reshaped(input.shape))
        }
    }

    func updateStatistics(
        _ input: Tensor, _ workspace: [Tensor], into output: Tensor, on backend: any Backend
    ) throws {
        try multiply(input, into: output, on: backend)
        try norm.forward(output, into: output, on: backend)
    }

    func infer(
        _ input: Tensor, _ workspace: [Tensor], into output: Tensor, on backend: any Backend
    ) throws {
        try multiply(input, into: output, on: backend)
        try norm.infer(output, on: backend)
    }
}

extension ParameterDescription {
    /// Weight and bias of a linear map, both uniform in ±1/√inputs.
    static func linear(_ prefix: String, inputs: Int, outputs: Int) -> [ParameterDescription] {
        let bound = 1 / Float(inputs).squareRoot()
        return [
            ParameterDescription(
                "\(prefix).weight", [inputs, outputs], layout: .linear,
                initial: .uniform(bound: bound)),
            ParameterDescription("\(prefix).bias", [outputs], initial: .uniform(bound: bound)),
        ]
    }
}
