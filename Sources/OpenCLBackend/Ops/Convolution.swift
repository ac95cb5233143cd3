import Tensors

extension OpenCLBackend: ConvolutionOps {
    public func convolve(
        _ input: Tensor, _ weights: Tensor, bias: Tensor?, _ geometry: ConvolutionGeometry,
        into output: Tensor
    ) throws {
        checkConvolution(
            input: input, weights: weights, bias: bias, output: output, geometry)
        if geometry.isMatrixProduct {
            try multiply(
                input.asMatrix.matrix, weights.asMatrix.matrix, bias: bias, into: output.asMatrix)
            return
        }
        let bias = try bias ?? zeros(count: geometry.outputChannels)
        let pass = ConvolutionPass(forward: geometry)
        guard geometry.groups == 1 else {
            try convolveGroups(input, weights, bias, geometry, into: output)
            return
        }
        try convolve(
            input, weights, bias, pass, algorithm(for: .forward, geometry), into: output)
    }

    public func convolutionWeightGradient(
        _ input: Tensor, of outputGradient: Tensor, _ geometry: ConvolutionGeometry,
        into weightGradient: Tensor
    ) throws {
        checkConvolution(
            input: input, weights: weightGradient, output: outputGradient, geometry)
        if geometry.isMatrixProduct && engine == .local {
            try multiply(
                input.asMatrix.transposed, outputGradient.asMatrix.matrix,
                into: weightGradient.asMatrix)
            return
        }
        switch (geometry.groups, algorithm(for: .weightGradient, geometry).winogradExtent, engine) {
        case (2..., _, _):
            try groupedWeightGradient(input, outputGradient, geometry, into: weightGradient)
        case (_, let extent?, _):
            try weightGradientByWinograd(
                input, outputGradient, geometry, extent: extent, into: weightGradient)
        case (_, nil, .register):
            try weightGradientInRegisters(input, outputGradient, geometry, into: weightGradient)
        case (_, nil, .local):
            try weightGradientInLocalMemory(input, outputGradient, geometry, into: weightGradient)
        }
    }

    public func convolutionInputGradient(
        of outputGradient: Tensor, _ weights: Tensor, _ geometry: ConvolutionGeometry,
        into inputGradient: Tensor
    ) throws {
        checkConvolution(
            input: inputGradient, weights: weights, output: outputGradient, geometry)
        if geometry.isMatrixProduct {
            try multiply(
                outputGradient.asMatrix.matrix, weights.asMatrix.transposed,
                into: inputGradient.asMatrix)
            return
        }
        let zeros = try zeros(count: geometry.inputChannels)
        let pass = ConvolutionPass(inputGradientOf: geometry)
        guard geometry.groups == 1 else {
            try groupedInputGradient(outputGradient, weights, geometry, into: inputGradient)
            return
        }
        try convolve(
            outputGradient, weights, zeros, pass,
            algorithm(for: .inputGradient, geometry), into: inputGradient)
    }

    private func convolve(
        _ input: Tensor, _ weights: Tensor, _ bias: Tensor, _ pass: ConvolutionPass,
        _ algorithm: ConvolutionAlgorithm, into output: Tensor
    ) throws {
        switch (algorithm.winogradExtent, engine) {
        case (let extent?, _):
            try convolveByWinograd(input, weights, bias, pass, extent: extent, into: output)
        case (nil, .register):
            try convolveInRegisters(input, weights, bias, pass, into: output)
        case (nil, .local):
            try convolveInLocalMemory(input, weights, bias, pass, into: output)
        }
    }
}

/// A convolution as the kernels see it: the image read, the image written, and the taps between them.
///
/// The input's gradient is a convolution too: of the output's gradient with the flipped weights, read
/// only at the positions that the stride divides.
struct ConvolutionPass {
    let batch, height, width, channels: Int
    let outputHeight, outputWidth, outputChannels: Int
    let kernelHeight, kernelWidth, stride, divisor, paddingY, paddingX: Int
    /// Whether channels and outputs of the weights are exchanged and the taps flipped by 180°.
    let flipsWeights: Bool
    /// The same in the contract's terms.
    let operation: DenseOperation

    init(forward geometry: ConvolutionGeometry) {
        (batch, height, width) = (geometry.batch, geometry.height, geometry.width)
        (channels, outputChannels) = (geometry.inputChannels, geometry.outputChannels)
        (outputHeight, outputWidth) = (geometry.outputHeight, geometry.outputWidth)
        (kernelHeight, kernelWidth) = (geometry.kernelHeight, geometry.kernelWidth)
        (stride, divisor) = (geometry.stride, 1)
        (paddingY, paddingX) = (geometry.padding, geometry.padding)
        flipsWeights = false
        operation = .convolution(geometry, .forward)
    }

    init(inputGradientOf geometry: ConvolutionGeometry) {
        batch = geometry.batch
        (height, width) = (geometry.outputHeight, geometry.outputWidth)
        (channels, outputChannels) = (geometry.outputChannels, geometry.inputChannels)
        (outputHeight, outputWidth) = (geometry.height, geometry.width)
        (kernelHeight, kernelWidth) = (geometry.kernelHeight, geometry.kernelWidth)
        (stride, divisor) = (1, geometry.stride)
        paddingY = geometry.kernelHeight - 1 - geometry.padding
        paddingX = geometry.kernelWidth - 1 - geometry.padding
        flipsWeights = true
        operation = .convolution(geometry, .inputGradient)
    }

    var taps: Int { kernelHeight * kernelWidth }
    var pixels: Int { batch * outputHeight * outputWidth }
    /// Whether no tap ever falls outside.
    var staysInside: Bool { paddingY == 0 && paddingX == 0 && divisor == 1 }
}

extension ConvolutionGeometry {
    var taps: Int { kernelHeight * kernelWidth }
}

extension Tensor {
    /// Rows of channels.
    fileprivate var asMatrix: Tensor { reshaped([shape.rows, shape.channels]) }
}
