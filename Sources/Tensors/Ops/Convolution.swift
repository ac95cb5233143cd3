/// Cross-correlation, as the field calls convolution. Shapes: ``ConvolutionGeometry``.
public protocol ConvolutionOps: DeviceMemory {
    /// `output = input ∗ weights (+ bias [outputChannels])`.
    func convolve(
        _ input: Tensor, _ weights: Tensor, bias: Tensor?, _ geometry: ConvolutionGeometry,
        into output: Tensor) throws

    /// Gradient with respect to the weights, from the input and the output's gradient.
    func convolutionWeightGradient(
        _ input: Tensor, of outputGradient: Tensor, _ geometry: ConvolutionGeometry,
        into weightGradient: Tensor) throws

    /// Gradient with respect to the input, from the weights and the output's gradient.
    func convolutionInputGradient(
        of outputGradient: Tensor, _ weights: Tensor, _ geometry: ConvolutionGeometry,
        into inputGradient: Tensor) throws
}

extension ConvolutionOps {
    /// Traps, with all shapes, unless the tensors fit `geometry`. For backends.
    public func checkConvolution(
        input: Tensor, weights: Tensor, bias: Tensor? = nil, output: Tensor,
        _ geometry: ConvolutionGeometry
    ) {
        precondition(
            input.shape == geometry.inputShape && weights.shape == geometry.weightShape
                && output.shape == geometry.outputShape
                && (bias.map { $0.shape == [geometry.outputChannels] } ?? true),
            """
            convolution of \(input.shape) with \(weights.shape) to \(output.shape) does not fit \
            \(geometry.inputShape), \(geometry.weightShape), \(geometry.outputShape)
            """)
    }
}
