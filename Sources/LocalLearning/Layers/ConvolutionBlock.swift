import Tensors

/// `leakyReLU(batchNorm(conv3×3(x)))`, padding 1.
public final class ConvolutionBlock: Block {
    public let name: String
    public let poolSize: Int
    public let group: ParameterGroup
    private let template: ConvolutionGeometry
    private let weights, bias, weightGradient: Tensor
    private let norm: BatchNormLayer

    init(
        name: String, input: Shape, channels: Int, stride: Int, poolSize: Int,
        head: [ParameterDescription], on backend: any Backend
    ) throws {
        self.name = name
        self.poolSize = poolSize
        template = ConvolutionGeometry(
            batch: 1, height: input[0], width: input[1], inputChannels: input[2],
            outputChannels: channels, stride: stride)
        let bound = 1 / Float(9 * input[2]).squareRoot()
        let prefix = "\(name).block"
        group = try ParameterGroup(
            [
                ParameterDescription(
                    "\(prefix).conv.weight", template.weightShape, layout: .convolution,
                    initial: .uniform(bound: bound)),
                ParameterDescription(
                    "\(prefix).conv.bias", [channels], initial: .uniform(bound: bound)),
            ] + BatchNormLayer.descriptions("\(prefix).bn", channels: channels) + head,
            on: backend)
        weights = group["conv.weight"].value
        bias = group["conv.bias"].value
        weightGradient = group.gradient("conv.weight")
        norm = try BatchNormLayer(
            "\(prefix).bn", channels: channels, activation: .block, in: group, on: backend)
    }

    public var outputShape: Shape {
        [template.outputHeight, template.outputWidth, template.outputChannels]
    }
    public var workspaceShapes: [Shape] { [outputShape] }
    public var multiplyAccumulates: Int { template.multiplyAccumulates }

    private func geometry(batch: Int) -> ConvolutionGeometry {
        ConvolutionGeometry(
            batch: batch, height: template.height, width: template.width,
            inputChannels: template.inputChannels, outputChannels: template.outputChannels,
            stride: template.stride)
    }

    private func convolve(_ input: Tensor, into output: Tensor, on backend: any Backend) throws {
        try backend.convolve(
            input, weights, bias: bias, geometry(batch: input.shape[0]), into: output)
    }

    public func forward(
        _ input: Tensor, _ workspace: [Tensor], into output: Tensor, pooled: Tensor,
        windowSums: Tensor, on backend: any Backend
    ) throws {
        try convolve(input, into: workspace[0], on: backend)
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
        try backend.convolutionWeightGradient(
            input, of: workspace[0], geometry(batch: input.shape[0]), into: weightGradient)
    }

    public func updateStatistics(
        _ input: Tensor, into output: Tensor, on backend: any Backend
    ) throws {
        try convolve(input, into: output, on: backend)
        try norm.updateStatistics(output, on: backend)
    }

    public func infer(_ input: Tensor, into output: Tensor, on backend: any Backend) throws {
        try convolve(input, into: output, on: backend)
        try norm.infer(output, on: backend)
    }
}

extension Activation {
    /// The activation of the published blocks.
    static let block = Activation.leakyReLU(slope: 0.01)
}
