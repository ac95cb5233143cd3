import Tensors

/// `activation(batchNorm(conv3×3(x)))`, padding 1, and the 2×2 max pool behind it where it has one.
final class ConvolutionBlock: Block {
    let name: String
    let poolSize: Int
    let group: ParameterGroup
    /// Whether it hands on the max pool of its activation, which then is never stored.
    private let maxPools: Bool
    private let template: ConvolutionGeometry
    private let weights, bias, weightGradient: Tensor
    private let norm: BatchNormLayer

    init(
        name: String, input: Shape, channels: Int, stride: Int, poolSize: Int, maxPools: Bool,
        style: BlockStyle, head: [ParameterDescription], on backend: any Backend
    ) throws {
        self.name = name
        self.poolSize = poolSize
        self.maxPools = maxPools
        template = ConvolutionGeometry(
            batch: 1, height: input[0], width: input[1], inputChannels: input[2],
            outputChannels: channels, stride: stride)
        let bound = 1 / Float(9 * input[2]).squareRoot()
        let prefix = "\(name).\(style.prefix)"
        group = try ParameterGroup(
            [
                ParameterDescription(
                    "\(prefix)conv.weight", template.weightShape, layout: .convolution,
                    initial: .uniform(bound: bound)),
                ParameterDescription(
                    "\(prefix)conv.bias", [channels], initial: .uniform(bound: bound)),
            ] + BatchNormLayer.descriptions("\(prefix)bn", channels: channels) + head,
            on: backend)
        weights = group["conv.weight"].value
        bias = group["conv.bias"].value
        weightGradient = group.gradient("conv.weight")
        norm = try BatchNormLayer(
            "\(prefix)bn", channels: channels, activation: style.activation, in: group, on: backend)
    }

    var activationShape: Shape {
        [template.outputHeight, template.outputWidth, template.outputChannels]
    }
    var outputShape: Shape {
        guard let pool = maxPool(batch: 1) else { return activationShape }
        return [pool.outputHeight, pool.outputWidth, pool.channels]
    }
    var workspaceShapes: [Shape] { [activationShape] }
    var multiplyAccumulates: Int { template.multiplyAccumulates }

    private func maxPool(batch: Int) -> MaxPoolGeometry? {
        maxPools ? .halving(Shape([batch] + activationShape.dimensions)) : nil
    }

    private func convolve(_ input: Tensor, into output: Tensor, on backend: any Backend) throws {
        try backend.convolve(
            input, weights, bias: bias, template.withBatch(input.shape[0]), into: output)
    }

    func forward(
        _ input: Tensor, _ workspace: [Tensor], into output: Tensor, pooled: PooledOutput?,
        on backend: any Backend
    ) throws {
        let batch = input.shape[0]
        try convolve(input, into: workspace[0], on: backend)
        try norm.forward(
            workspace[0], poolGeometry(batch: batch), maxPool: maxPool(batch: batch),
            into: output, pooled: pooled, on: backend)
    }

    /// The gradient of the bias is exactly 0, since a batch norm follows: it is never computed.
    func backward(
        from signal: BlockSignal, _ input: Tensor, _ workspace: [Tensor],
        into inputGradient: Tensor?, on backend: any Backend
    ) throws {
        let geometry = template.withBatch(input.shape[0])
        try norm.backward(
            from: signal, workspace[0], poolGeometry(batch: geometry.batch), on: backend)
        try backend.convolutionWeightGradient(
            input, of: workspace[0], geometry, into: weightGradient)
        if let inputGradient {
            try backend.convolutionInputGradient(
                of: workspace[0], weights, geometry, into: inputGradient)
        }
    }

    func updateStatistics(
        _ input: Tensor, _ workspace: [Tensor], into output: Tensor, on backend: any Backend
    ) throws {
        try run(input, workspace[0], into: output, on: backend) {
            try norm.forward($0, into: $0, on: backend)
        }
    }

    func infer(
        _ input: Tensor, _ workspace: [Tensor], into output: Tensor, on backend: any Backend
    ) throws {
        try run(input, workspace[0], into: output, on: backend) {
            try norm.infer($0, on: backend)
        }
    }

    private func run(
        _ input: Tensor, _ workspace: Tensor, into output: Tensor, on backend: any Backend,
        normalizing: (Tensor) throws -> Void
    ) throws {
        let maxPool = maxPool(batch: input.shape[0])
        let activation = maxPool == nil ? output : workspace
        try convolve(input, into: activation, on: backend)
        try normalizing(activation)
        if let maxPool { try backend.maxPool(activation, maxPool, into: output) }
    }
}
