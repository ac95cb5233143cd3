import Tensors

/// `leakyReLU(batchNorm(x·W + b))`.
public final class LinearBlock: Block {
    public let name: String
    public let poolSize: Int
    public let group: ParameterGroup
    private let inputs, outputs: Int
    private let weights, bias, weightGradient: Tensor
    private let norm: BatchNormLayer

    init(
        name: String, inputs: Int, outputs: Int, poolSize: Int, head: [ParameterDescription],
        on backend: any Backend
    ) throws {
        self.name = name
        self.poolSize = poolSize
        self.inputs = inputs
        self.outputs = outputs
        let prefix = "\(name).block"
        group = try ParameterGroup(
            ParameterDescription.linear("\(prefix).linear", inputs: inputs, outputs: outputs)
                + BatchNormLayer.descriptions("\(prefix).bn", channels: outputs) + head,
            on: backend)
        weights = group["linear.weight"].value
        bias = group["linear.bias"].value
        weightGradient = group.gradient("linear.weight")
        norm = try BatchNormLayer(
            "\(prefix).bn", channels: outputs, activation: .block, in: group, on: backend)
    }

    public var outputShape: Shape { [outputs] }
    public var workspaceShapes: [Shape] { [outputShape] }
    public var multiplyAccumulates: Int { inputs * outputs }

    private func multiply(_ input: Tensor, into output: Tensor, on backend: any Backend) throws {
        try backend.multiply(input.matrix, weights.matrix, bias: bias, into: output)
    }

    public func forward(
        _ input: Tensor, _ workspace: [Tensor], into output: Tensor, pooled: Tensor,
        windowSums: Tensor, on backend: any Backend
    ) throws {
        try multiply(input, into: workspace[0], on: backend)
        try norm.forward(
            workspace[0], poolGeometry(batch: input.shape[0]), into: output, pooled: pooled,
            windowSums: windowSums, on: backend)
    }

    /// The gradient of the bias is exactly 0, since a batch norm follows: it is never computed.
    public func backward(
        ofPooled pooledGradient: Tensor, _ input: Tensor, _ workspace: [Tensor],
        windowSums: Tensor, on backend: any Backend
    ) throws {
        try norm.backward(
            ofPooled: pooledGradient, workspace[0], poolGeometry(batch: input.shape[0]),
            windowSums: windowSums, on: backend)
        try backend.multiply(input.transposed, workspace[0].matrix, into: weightGradient)
    }

    public func updateStatistics(
        _ input: Tensor, into output: Tensor, on backend: any Backend
    ) throws {
        try multiply(input, into: output, on: backend)
        try norm.updateStatistics(output, on: backend)
    }

    public func infer(_ input: Tensor, into output: Tensor, on backend: any Backend) throws {
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
