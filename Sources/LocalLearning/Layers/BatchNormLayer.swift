import Tensors

/// Batch norm with the activation behind it, as a part of a block.
final class BatchNormLayer {
    let parameters: BatchNormParameters
    let statistics: BatchStatistics
    let scaleGradient, shiftGradient: Tensor
    let activation: Activation

    /// The parameters of a batch norm named `prefix`, for its block's group.
    static func descriptions(_ prefix: String, channels: Int) -> [ParameterDescription] {
        [
            ParameterDescription("\(prefix).weight", [channels], initial: .constant(1)),
            ParameterDescription("\(prefix).bias", [channels], initial: .constant(0)),
            ParameterDescription(
                "\(prefix).running_mean", [channels], initial: .constant(0), isTrained: false),
            ParameterDescription(
                "\(prefix).running_var", [channels], initial: .constant(1), isTrained: false),
        ]
    }

    /// The layer whose parameters ``descriptions(_:channels:)`` put into `group`.
    init(
        _ prefix: String, channels: Int, activation: Activation, in group: ParameterGroup,
        on backend: any Backend
    ) throws {
        parameters = BatchNormParameters(
            scale: group["\(prefix).weight"].value, shift: group["\(prefix).bias"].value,
            runningMean: group["\(prefix).running_mean"].value,
            runningVariance: group["\(prefix).running_var"].value)
        scaleGradient = group.gradient("\(prefix).weight")
        shiftGradient = group.gradient("\(prefix).bias")
        statistics = BatchStatistics(
            mean: try backend.makeTensor([channels]),
            inverseDeviation: try backend.makeTensor([channels]))
        self.activation = activation
    }

    func forward(
        _ input: Tensor, _ pool: AveragePoolGeometry, into output: Tensor, pooled: Tensor,
        windowSums: Tensor, on backend: any Backend
    ) throws {
        try backend.batchStatistics(of: input, updating: parameters, into: statistics)
        try backend.batchNormPool(
            input, parameters, statistics, activation, pool, into: output, pooled: pooled,
            windowSums: windowSums)
    }

    /// In place: `input` becomes its own gradient.
    func backward(
        ofPooled pooledGradient: Tensor, _ input: Tensor, _ pool: AveragePoolGeometry,
        windowSums: Tensor, on backend: any Backend
    ) throws {
        try backend.pooledGradient(
            of: pooledGradient, input: input, windowSums: windowSums, parameters, statistics,
            activation, pool, into: input, scaleGradient: scaleGradient,
            shiftGradient: shiftGradient)
    }

    /// In place, by the batch's own statistics.
    func updateStatistics(_ tensor: Tensor, on backend: any Backend) throws {
        try backend.batchStatistics(of: tensor, updating: parameters, into: statistics)
        try backend.batchNorm(tensor, parameters, statistics, activation, into: tensor)
    }

    /// In place, by the running statistics.
    func infer(_ tensor: Tensor, on backend: any Backend) throws {
        try backend.runningStatistics(of: parameters, into: statistics)
        try backend.batchNorm(tensor, parameters, statistics, activation, into: tensor)
    }
}
