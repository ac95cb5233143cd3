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

    /// `output[row, c] = input[row, c] · scale[c]`; `output` may be `input`.
    func scaleColumns(_ input: Tensor, by scale: Tensor, into output: Tensor) throws

    /// `output[c] = Σ_rows left[row, c] · right[row, c]`: the gradient of a column's scale.
    func sumRowProducts(_ left: Tensor, _ right: Tensor, into output: Tensor) throws

    /// `output = input / (1 − probability)`, or 0 with that probability; `output` may be `input`.
    ///
    /// Element `i` is dropped where uniform number `i` of the stream `key`
    /// (`RandomSource(key:).uniform(i)`) is below `probability`: the same on every device. The same
    /// call on a gradient is the gradient.
    func dropout(_ input: Tensor, probability: Float, key: UInt64, into output: Tensor) throws
}
