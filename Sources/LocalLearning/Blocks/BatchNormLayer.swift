import Tensors

/// Whose statistics a batch norm takes, and so what a pass is for.
public enum PassMode: Sendable {
    /// The batch's own, which move the running ones; what the backward pass needs is kept.
    case training
    /// The batch's own, which move the running ones; nothing else is kept.
    case statistics
    /// The running ones.
    case inference
}

/// Batch norm with the activation behind it, as a part of a layer.
final class BatchNormLayer {
    private let parameters: BatchNormParameters
    private let statistics: BatchStatistics
    private let scaleGradient, shiftGradient: Tensor
    private let activation: Activation
    private let backend: any Backend

    init(_ norm: NormDescription, _ activation: Activation, in group: ParameterGroup) throws {
        backend = group.backend
        parameters = BatchNormParameters(
            scale: group[norm.scale].value, shift: group[norm.shift].value,
            runningMean: group[norm.runningMean].value,
            runningVariance: group[norm.runningVariance].value)
        scaleGradient = group.gradient(of: norm.scale)
        shiftGradient = group.gradient(of: norm.shift)
        statistics = BatchStatistics(
            mean: try backend.makeTensor([norm.channels]),
            inverseDeviation: try backend.makeTensor([norm.channels]))
        self.activation = activation
    }

    /// `output` may be `input`.
    func forward(_ input: Tensor, _ mode: PassMode, into output: Tensor) throws {
        switch mode {
        case .training, .statistics:
            try backend.batchStatistics(of: input, updating: parameters, into: statistics)
        case .inference: try backend.runningStatistics(of: parameters, into: statistics)
        }
        try backend.batchNorm(input, parameters, statistics, activation, into: output)
    }

    /// The training pass with the average pool that a local loss sees, and the max pool that the next
    /// block sees if there is one.
    func forward(
        _ input: Tensor, _ pool: AveragePoolGeometry, maxPool: MaxPoolGeometry?,
        into output: Tensor, _ pooled: PooledActivation
    ) throws {
        try backend.batchStatistics(of: input, updating: parameters, into: statistics)
        try backend.batchNormPool(
            input, parameters, statistics, activation, pool, maxPool: maxPool, into: output,
            pooled: pooled.value, windowSums: pooled.windowSums)
    }

    /// In place, from the activation's gradient: `input` becomes its own gradient.
    func backward(from gradient: Tensor, _ input: Tensor) throws {
        try backend.batchNormGradient(
            of: gradient, input: input, parameters, statistics, activation, into: input,
            scaleGradient: scaleGradient, shiftGradient: shiftGradient)
    }

    /// The same from the gradient of the pooled activation.
    func backward(
        from pooled: PooledActivation, _ input: Tensor, _ pool: AveragePoolGeometry
    ) throws {
        try backend.batchNormPoolGradient(
            of: pooled.gradient, input: input, windowSums: pooled.windowSums, parameters,
            statistics, activation, pool, into: input, scaleGradient: scaleGradient,
            shiftGradient: shiftGradient)
    }
}
