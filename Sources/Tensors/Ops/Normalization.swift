/// A batch norm's learned and running values, `[channels]` each.
public struct BatchNormParameters {
    /// γ, β, and the running mean and variance, `[channels]` each.
    public let scale, shift, runningMean, runningVariance: Tensor
    /// PyTorch's ``epsilon``.
    public static let usualEpsilon: Float = 1e-5
    /// Added to the variance before its root is taken.
    public var epsilon = usualEpsilon
    /// Share of the new batch in the running values.
    public var momentum: Float = 0.1

    /// Parameters with PyTorch's ``epsilon`` and ``momentum``.
    public init(scale: Tensor, shift: Tensor, runningMean: Tensor, runningVariance: Tensor) {
        self.scale = scale
        self.shift = shift
        self.runningMean = runningMean
        self.runningVariance = runningVariance
    }
}

/// The mean and `1/√(variance + ε)` that a batch is normalised with, `[channels]` each.
public struct BatchStatistics {
    /// The mean, and `1/√(variance + ε)`, `[channels]` each.
    public let mean, inverseDeviation: Tensor

    /// Statistics in these tensors.
    public init(mean: Tensor, inverseDeviation: Tensor) {
        self.mean = mean
        self.inverseDeviation = inverseDeviation
    }
}

/// Batch norm over the rows of a tensor seen as `[rows, channels]`, with the activation that
/// follows it, and row-wise L2 normalisation.
public protocol NormalizationOps: DeviceMemory {
    /// Statistics of this batch (biased variance), and the running values moved towards them
    /// (unbiased variance).
    ///
    /// - Precondition: more than one row; of one row the variance is nothing.
    func batchStatistics(
        of input: Tensor, updating parameters: BatchNormParameters,
        into statistics: BatchStatistics) throws

    /// Statistics from the running values, for inference.
    func runningStatistics(
        of parameters: BatchNormParameters, into statistics: BatchStatistics) throws

    /// `output = activation(scale · (input − mean) · inverseDeviation + shift)`; `output` may be
    /// `input`.
    func batchNorm(
        _ input: Tensor, _ parameters: BatchNormParameters, _ statistics: BatchStatistics,
        _ activation: Activation, into output: Tensor) throws

    /// Gradient of ``batchNorm(_:_:_:_:into:)`` in training, when the statistics depend on the
    /// input. The activation is computed anew from `input`, so its output need not be kept.
    /// `inputGradient` may be `outputGradient` or `input`.
    func batchNormGradient(
        of outputGradient: Tensor, input: Tensor, _ parameters: BatchNormParameters,
        _ statistics: BatchStatistics, _ activation: Activation, into inputGradient: Tensor,
        scaleGradient: Tensor, shiftGradient: Tensor) throws

    /// `output = input / max(‖input‖₂, 1e-12)` for every row of `[rows, features]`; the norms, so
    /// bounded, into `norms` `[rows]`.
    func normalizeRows(_ input: Tensor, into output: Tensor, norms: Tensor) throws

    /// Gradient of ``normalizeRows(_:into:norms:)``, from its output:
    /// `(g − u·(g·u)) / norm`, or `g / norm` if the norm was at its bound.
    func normalizeRowsGradient(
        of outputGradient: Tensor, output: Tensor, norms: Tensor, into inputGradient: Tensor) throws
}

extension NormalizationOps {
    /// The smallest norm a row is divided by.
    public static var smallestNorm: Float { 1e-12 }
}
