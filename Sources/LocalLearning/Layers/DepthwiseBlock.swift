import Tensors

/// A depthwise 3×3 convolution and a pointwise one, each with batch norm and activation, no biases.
///
/// The depthwise padding equals its stride: published behaviour, so a stride-2 block pads 2.
final class DepthwiseBlock: Block {
    let name: String
    let poolSize: Int
    let group: ParameterGroup
    private let depthwise, pointwise: ConvolutionGeometry
    private let depthwiseWeights, pointwiseWeights: Tensor
    private let depthwiseGradient, pointwiseGradient: Tensor
    private let innerNorm, outerNorm: BatchNormLayer

    init(
        name: String, input: Shape, channels: Int, stride: Int, poolSize: Int, style: BlockStyle,
        head: [ParameterDescription], on backend: any Backend
    ) throws {
        self.name = name
        self.poolSize = poolSize
        let inputs = input[2]
        depthwise = ConvolutionGeometry(
            batch: 1, height: input[0], width: input[1], inputChannels: inputs,
            outputChannels: inputs, stride: stride, padding: stride, groups: inputs)
        pointwise = ConvolutionGeometry(
            batch: 1, height: depthwise.outputHeight, width: depthwise.outputWidth,
            inputChannels: inputs, outputChannels: channels, kernelHeight: 1, kernelWidth: 1,
            padding: 0)
        let prefix = "\(name).\(style.prefix)"
        group = try ParameterGroup(
            [
                ParameterDescription(
                    "\(prefix)conv1.weight", depthwise.weightShape, layout: .convolution,
                    initial: .uniform(bound: 1.0 / 3))
            ] + BatchNormLayer.descriptions("\(prefix)bn1", channels: inputs) + [
                ParameterDescription(
                    "\(prefix)conv2.weight", pointwise.weightShape, layout: .convolution,
                    initial: .uniform(bound: 1 / Float(inputs).squareRoot()))
            ] + BatchNormLayer.descriptions("\(prefix)bn2", channels: channels) + head,
            on: backend)
        depthwiseWeights = group["conv1.weight"].value
        pointwiseWeights = group["conv2.weight"].value
        depthwiseGradient = group.gradient("conv1.weight")
        pointwiseGradient = group.gradient("conv2.weight")
        innerNorm = try BatchNormLayer(
            "\(prefix)bn1", channels: inputs, activation: style.activation, in: group, on: backend)
        outerNorm = try BatchNormLayer(
            "\(prefix)bn2", channels: channels, activation: style.activation, in: group,
            on: backend)
    }

    private var innerShape: Shape {
        [depthwise.outputHeight, depthwise.outputWidth, depthwise.outputChannels]
    }
    var activationShape: Shape {
        [pointwise.outputHeight, pointwise.outputWidth, pointwise.outputChannels]
    }
    /// The depthwise result, its activation, the pointwise result.
    var workspaceShapes: [Shape] { [innerShape, innerShape, activationShape] }
    var multiplyAccumulates: Int {
        depthwise.multiplyAccumulates + pointwise.multiplyAccumulates
    }

    func forward(
        _ input: Tensor, _ workspace: [Tensor], into output: Tensor, pooled: PooledOutput?,
        on backend: any Backend
    ) throws {
        let batch = input.shape[0]
        let (inner, activation, outer) = (workspace[0], workspace[1], workspace[2])
        try backend.convolve(
            input, depthwiseWeights, bias: nil, depthwise.withBatch(batch), into: inner)
        try innerNorm.forward(inner, into: activation, on: backend)
        try backend.convolve(
            activation, pointwiseWeights, bias: nil, pointwise.withBatch(batch), into: outer)
        try outerNorm.forward(
            outer, poolGeometry(batch: batch), into: output, pooled: pooled, on: backend)
    }

    func backward(
        from signal: BlockSignal, _ input: Tensor, _ workspace: [Tensor],
        into inputGradient: Tensor?, on backend: any Backend
    ) throws {
        let batch = input.shape[0]
        let (inner, activation, outer) = (workspace[0], workspace[1], workspace[2])
        let pool = poolGeometry(batch: batch)
        try outerNorm.backward(from: signal, outer, pool, on: backend)
        try backend.convolutionWeightGradient(
            activation, of: outer, pointwise.withBatch(batch), into: pointwiseGradient)
        // The inner activation has been read for the last time: its gradient takes its place.
        try backend.convolutionInputGradient(
            of: outer, pointwiseWeights, pointwise.withBatch(batch), into: activation)
        try innerNorm.backward(from: .output(activation), inner, pool, on: backend)
        try backend.convolutionWeightGradient(
            input, of: inner, depthwise.withBatch(batch), into: depthwiseGradient)
        if let inputGradient {
            try backend.convolutionInputGradient(
                of: inner, depthwiseWeights, depthwise.withBatch(batch), into: inputGradient)
        }
    }

    func updateStatistics(
        _ input: Tensor, _ workspace: [Tensor], into output: Tensor, on backend: any Backend
    ) throws {
        try run(input, workspace[0], into: output, on: backend) {
            try $0.forward($1, into: $1, on: backend)
        }
    }

    func infer(
        _ input: Tensor, _ workspace: [Tensor], into output: Tensor, on backend: any Backend
    ) throws {
        try run(input, workspace[0], into: output, on: backend) {
            try $0.infer($1, on: backend)
        }
    }

    private func run(
        _ input: Tensor, _ inner: Tensor, into output: Tensor, on backend: any Backend,
        norm: (BatchNormLayer, Tensor) throws -> Void
    ) throws {
        let batch = input.shape[0]
        try backend.convolve(
            input, depthwiseWeights, bias: nil, depthwise.withBatch(batch), into: inner)
        try norm(innerNorm, inner)
        try backend.convolve(
            inner, pointwiseWeights, bias: nil, pointwise.withBatch(batch), into: output)
        try norm(outerNorm, output)
    }
}
