import Tensors

extension OpenCLBackend: NormalizationOps {
    public func batchStatistics(
        of input: Tensor, updating parameters: BatchNormParameters,
        into statistics: BatchStatistics
    ) throws {
        let (rows, channels) = (input.shape.rows, input.shape.channels)
        checkNorm(input, parameters, statistics)
        precondition(rows > 1, "statistics of \(input.shape) need more than one row")
        let shape = launchShape(rows: rows, channels: channels, reducing: true)
        let final = launchShape(columnsOf: shape.workGroups, channels: channels)
        try withScratch([[2, shape.workGroups, channels]]) { scratch in
            try launch(
                .normalization, "batch_moments", shape, [input, scratch[0]], rows: rows, channels,
                [shape.vectors, shape.vectors, shape.numbers])
            try launch(
                .normalization, "batch_statistics", defines: defines(final), over: final,
                [
                    .tensor(scratch[0]), .tensor(statistics.mean),
                    .tensor(statistics.inverseDeviation), .tensor(parameters.runningMean),
                    .tensor(parameters.runningVariance), .int(rows), .int(channels),
                    .int(shape.workGroups), .int(groupRows(shape)), .float(parameters.epsilon),
                    .float(parameters.momentum), final.vectors, final.vectors, final.numbers,
                ])
        }
    }

    public func runningStatistics(
        of parameters: BatchNormParameters, into statistics: BatchStatistics
    ) throws {
        checkNorm(statistics.mean, parameters, statistics)
        try map(
            .normalization, "running_statistics",
            [
                parameters.runningMean, parameters.runningVariance, statistics.mean,
                statistics.inverseDeviation,
            ], count: statistics.mean.count, [.float(parameters.epsilon)])
    }

    public func batchNorm(
        _ input: Tensor, _ parameters: BatchNormParameters, _ statistics: BatchStatistics,
        _ activation: Activation, into output: Tensor
    ) throws {
        checkNorm(input, parameters, statistics)
        precondition(
            output.shape == input.shape, "batch norm of \(input.shape) into \(output.shape)")
        let (rows, channels) = (input.shape.rows, input.shape.channels)
        try launch(
            .normalization, "batch_norm", activation: activation,
            launchShape(rows: rows, channels: channels),
            [input] + tensors(parameters, statistics) + [output], rows: rows, channels,
            [activation.slope])
    }

    public func batchNormGradient(
        of outputGradient: Tensor, input: Tensor, _ parameters: BatchNormParameters,
        _ statistics: BatchStatistics, _ activation: Activation, into inputGradient: Tensor,
        scaleGradient: Tensor, shiftGradient: Tensor
    ) throws {
        checkNorm(input, parameters, statistics)
        precondition(
            outputGradient.shape == input.shape && inputGradient.shape == input.shape
                && scaleGradient.shape == parameters.scale.shape
                && shiftGradient.shape == parameters.shift.shape,
            """
            batch norm gradient of \(outputGradient.shape) at \(input.shape) into \
            \(inputGradient.shape), \(scaleGradient.shape), \(shiftGradient.shape)
            """)
        let (rows, channels) = (input.shape.rows, input.shape.channels)
        let norm = tensors(parameters, statistics)
        let shape = launchShape(rows: rows, channels: channels, reducing: true)
        try withScratch([[2, shape.workGroups, channels]]) { scratch in
            try launch(
                .normalization, "batch_norm_sums", activation: activation, shape,
                [outputGradient, input] + norm + [scratch[0]], rows: rows, channels,
                [activation.slope, shape.vectors])
            try sumRowPairs(scratch[0], first: shiftGradient, second: scaleGradient)
        }
        try launch(
            .normalization, "batch_norm_gradient", activation: activation,
            launchShape(rows: rows, channels: channels),
            [outputGradient, input] + norm + [scaleGradient, shiftGradient, inputGradient],
            rows: rows, channels, [activation.slope])
    }

    public func normalizeRows(_ input: Tensor, into output: Tensor, norms: Tensor) throws {
        precondition(
            input.shape.rank == 2 && output.shape == input.shape && norms.shape == [input.shape[0]],
            "rows of \(input.shape) normalised into \(output.shape) with norms \(norms.shape)")
        try launchOverSamples("normalize_rows", [input, output, norms], input.shape)
    }

    public func normalizeRowsGradient(
        of outputGradient: Tensor, output: Tensor, norms: Tensor, into inputGradient: Tensor
    ) throws {
        precondition(
            output.shape.rank == 2 && outputGradient.shape == output.shape
                && inputGradient.shape == output.shape && norms.shape == [output.shape[0]],
            """
            gradient of normalised rows \(outputGradient.shape) at \(output.shape) with norms \
            \(norms.shape) into \(inputGradient.shape)
            """)
        try launchOverSamples(
            "normalize_rows_gradient", [outputGradient, output, norms, inputGradient],
            output.shape)
    }

    private func launchOverSamples(_ kernel: String, _ tensors: [Tensor], _ samples: Shape) throws {
        guard samples.count > 0 else { return }
        let shape = launchShape(samples: samples[0], features: samples[1])
        try launch(
            .normalization, kernel, defines: defines(shape), over: shape,
            tensors.map(KernelArgument.tensor)
                + [.int(samples[0]), .int(samples[1]), .float(Self.smallestNorm), shape.numbers])
    }

    /// A batch norm's tensors in the order of the kernels' `NORM_PARAMETERS`.
    func tensors(_ parameters: BatchNormParameters, _ statistics: BatchStatistics) -> [Tensor] {
        [parameters.scale, parameters.shift, statistics.mean, statistics.inverseDeviation]
    }

    /// Traps, with the shapes, unless every value of a norm is one per channel of `input`.
    func checkNorm(
        _ input: Tensor, _ parameters: BatchNormParameters, _ statistics: BatchStatistics
    ) {
        let shapes =
            (tensors(parameters, statistics)
            + [parameters.runningMean, parameters.runningVariance]).map(\.shape)
        precondition(
            shapes.allSatisfy { $0 == [input.shape.channels] },
            "batch norm of \(input.shape) with values of shapes \(shapes)")
    }
}
