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

    /// By the batch's statistics, which move the running ones; `output` may be `input`.
    func forward(_ input: Tensor, into output: Tensor, on backend: any Backend) throws {
        try backend.batchStatistics(of: input, updating: parameters, into: statistics)
        try backend.batchNorm(input, parameters, statistics, activation, into: output)
    }

    /// The same; for a local loss with the average pool that it sees and the max pool that the next
    /// block sees, where there is one.
    func forward(
        _ input: Tensor, _ pool: AveragePoolGeometry, maxPool: MaxPoolGeometry? = nil,
        into output: Tensor, pooled: PooledOutput?, on backend: any Backend
    ) throws {
        guard let pooled else {
            precondition(maxPool == nil, "a max pool in place of an activation that is needed")
            return try forward(input, into: output, on: backend)
        }
        try backend.batchStatistics(of: input, updating: parameters, into: statistics)
        try backend.batchNormPool(
            input, parameters, statistics, activation, pool, maxPool: maxPool, into: output,
            pooled: pooled.pooled, windowSums: pooled.windowSums)
    }

    /// In place: `input` becomes its own gradient.
    func backward(
        from signal: BlockSignal, _ input: Tensor, _ pool: AveragePoolGeometry,
        on backend: any Backend
    ) throws {
        switch signal {
        case .pooled(let gradient, let windowSums):
            try backend.pooledGradient(
                of: gradient, input: input, windowSums: windowSums, parameters, statistics,
                activation, pool, into: input, scaleGradient: scaleGradient,
                shiftGradient: shiftGradient)
        case .output(let gradient):
            try backend.batchNormGradient(
                of: gradient, input: input, parameters, statistics, activation, into: input,
                scaleGradient: scaleGradient, shiftGradient: shiftGradient)
        }
    }

    /// In place, by the running statistics.
    func infer(_ tensor: Tensor, on backend: any Backend) throws {
        try backend.runningStatistics(of: parameters, into: statistics)
        try backend.batchNorm(tensor, parameters, statistics, activation, into: tensor)
    }
}
