/// Maps over every element.
public protocol ElementwiseOps: DeviceMemory {
    /// `output = activation(input)`; `output` may be `input`.
    func activate(_ input: Tensor, _ activation: Activation, into output: Tensor) throws

    /// `inputGradient = outputGradient · activation′`, from the activation's *output*;
    /// `inputGradient` may be `outputGradient`.
    func activationGradient(
        of outputGradient: Tensor, output: Tensor, _ activation: Activation,
        into inputGradient: Tensor) throws

    /// `destination = alpha · source + beta · destination`; with `beta` 0 the destination is not
    /// read.
    func scaleAdd(_ alpha: Float, _ source: Tensor, _ beta: Float, into destination: Tensor) throws

    /// `output[c] = Σ_rows input[row, c]`: the gradient of a bias. Output `[channels]`.
    func sumRows(_ input: Tensor, into output: Tensor) throws
}
