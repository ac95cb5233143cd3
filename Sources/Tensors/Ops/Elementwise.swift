/// Maps over every element, and sums over rows.
///
/// All tensors of a map have one shape. A NaN in a source is a NaN in the result. With
/// ``scaleAdd(_:_:_:into:)``, ``multiplyAdd(_:_:_:_:into:)``, ``divideAdd(_:_:_:epsilon:_:into:)``,
/// ``squareRoot(_:into:)`` and ``signum(_:into:)`` any elementwise optimizer can be written; the
/// tests hold Adam and Lion.
public protocol ElementwiseOps: DeviceMemory {
    /// `output = activation(input)`; `output` may be `input`. A residual block activates the sum of
    /// its branches so.
    func activate(_ input: Tensor, _ activation: Activation, into output: Tensor) throws

    /// `inputGradient = outputGradient · activation′`, from the activation's *output*, which residual
    /// blocks keep in place of its input. `inputGradient` may be `outputGradient`
    /// or `output`.
    func activationGradient(
        of outputGradient: Tensor, output: Tensor, _ activation: Activation,
        into inputGradient: Tensor) throws

    /// `destination = alpha · source + beta · destination`; with `beta` 0 the destination is not
    /// read. `source` may be `destination`.
    func scaleAdd(_ alpha: Float, _ source: Tensor, _ beta: Float, into destination: Tensor) throws

    /// `destination = alpha · left · right + beta · destination`; with `beta` 0 the destination is
    /// not read. All three may be one tensor.
    func multiplyAdd(
        _ alpha: Float, _ left: Tensor, _ right: Tensor, _ beta: Float, into destination: Tensor)
        throws

    /// `destination = alpha · numerator / (denominator + epsilon) + beta · destination`; with
    /// `beta` 0 the destination is not read. All three may be one tensor.
    func divideAdd(
        _ alpha: Float, _ numerator: Tensor, _ denominator: Tensor, epsilon: Float, _ beta: Float,
        into destination: Tensor) throws

    /// `output = √input`, NaN below 0; `output` may be `input`.
    func squareRoot(_ input: Tensor, into output: Tensor) throws

    /// `output` = 1 if `input > 0`, −1 if `input < 0`, else `input` (0 or NaN); `output` may be
    /// `input`.
    func signum(_ input: Tensor, into output: Tensor) throws

    /// `output[c] = Σ_rows input[row, c]`: the gradient of a bias. Output `[channels]`.
    func sumRows(_ input: Tensor, into output: Tensor) throws

    /// `output[row, c] = input[row, c] · scale[c]`; `output` may be `input`.
    func scaleColumns(_ input: Tensor, by scale: Tensor, into output: Tensor) throws

    /// `output[c] = Σ_rows left[row, c] · right[row, c]`: the gradient of a column's scale.
    func sumRowProducts(_ left: Tensor, _ right: Tensor, into output: Tensor) throws

    /// `output = input / (1 − probability)`, or 0 with that probability; `output` may be `input`.
    ///
    /// Element `i` is dropped if uniform number `i` of the stream `key`
    /// (`RandomSource(key:).uniform(i)`) is below `probability`: the same on every device. The same
    /// call on a gradient is the gradient.
    func dropout(_ input: Tensor, probability: Float, key: UInt64, into output: Tensor) throws
}
