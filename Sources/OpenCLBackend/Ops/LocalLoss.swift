import Tensors

extension OpenCLBackend: LocalLossOps {
    /// The most classes for which one kernel computes everything; for more, matrix products are
    /// faster.
    private static var maxFusedClasses: Int { 64 }

    public func synchronizationLoss(
        _ pooled: Tensor, basis: Tensor, _ targets: Targets, _ options: CrossEntropyOptions,
        into pooledGradient: Tensor, addingLossTo total: Tensor
    ) throws {
        checkSynchronizationLoss(
            pooled, basis: basis, targets, into: pooledGradient, addingLossTo: total)
        guard try isFused(pooled.shape, targets, classes: basis.shape[0]) else {
            return try composedSynchronizationLoss(
                pooled, basis: basis, targets, options, into: pooledGradient, addingLossTo: total)
        }
        try withRowLosses(of: pooled, targets, addedTo: total) { losses, shape in
            try launch(
                .localLoss, Self.fusedLoss, defines: defines(shape, targets), over: shape,
                [
                    .tensor(pooled), .tensor(basis), .integers(targets.labels),
                    .tensor(pooledGradient), .tensor(losses), .int(pooled.shape[0]),
                    .int(pooled.shape[1]), .int(basis.shape[0]), .float(options.temperature),
                    .float(options.labelSmoothing), .float(Self.smallestNorm), shape.numbers,
                    .local(4 * basis.shape[0]), .local(4 * basis.shape[0]),
                ] + targets.weightArguments)
        }
    }

    private static var fusedLoss: String { "synchronization_loss" }

    /// Whether one kernel computes the loss: its items work in teams, see ``smallestGroup``.
    private func isFused(_ pooled: Shape, _ targets: Targets, classes: Int) throws -> Bool {
        guard classes <= Self.maxFusedClasses, pooled.count > 0 else { return false }
        let shape = launchShape(samples: pooled[0], features: pooled[1])
        let limit = try groupLimit(
            .localLoss, Self.fusedLoss, defines(shape, targets), wanted: shape.local)
        return engine == .register || limit >= DeviceTraits.smallestGroup
    }

    public func batchNormPool(
        _ input: Tensor, _ parameters: BatchNormParameters, _ statistics: BatchStatistics,
        _ activation: Activation, _ geometry: AveragePoolGeometry, maxPool: MaxPoolGeometry?,
        into output: Tensor, pooled: Tensor, windowSums: Tensor
    ) throws {
        guard keepsWindowSums(activation, geometry), maxPool?.halves ?? true else {
            return try composedBatchNormPool(
                input, parameters, statistics, activation, geometry, maxPool: maxPool,
                into: output, pooled: pooled)
        }
        checkNorm(input, parameters, statistics)
        checkAveragePool(input, geometry, pooled)
        precondition(
            output.shape == maxPool?.outputShape ?? input.shape
                && maxPool?.inputShape ?? input.shape == input.shape
                && windowSums.shape == [2, geometry.batch, geometry.features],
            "pool of \(input.shape) into \(output.shape) with sums \(windowSums.shape)")
        let shape = launchShape(windowsOf: geometry)
        try launch(
            .batchNormPool, "batch_norm_pool", shape,
            [input] + tensors(parameters, statistics) + [output, pooled, windowSums],
            rows: geometry.windows, geometry.channels,
            geometry.arguments
                + [.int(maxPool == nil ? 0 : 1), activation.slope, shape.vectors])
    }

    public func batchNormPoolGradient(
        of pooledGradient: Tensor, input: Tensor, windowSums: Tensor,
        _ parameters: BatchNormParameters, _ statistics: BatchStatistics,
        _ activation: Activation, _ geometry: AveragePoolGeometry,
        into inputGradient: Tensor, scaleGradient: Tensor, shiftGradient: Tensor
    ) throws {
        guard keepsWindowSums(activation, geometry) else {
            return try composedBatchNormPoolGradient(
                of: pooledGradient, input: input, parameters, statistics, activation, geometry,
                into: inputGradient, scaleGradient: scaleGradient, shiftGradient: shiftGradient)
        }
        checkNorm(input, parameters, statistics)
        checkAveragePool(input, geometry, pooledGradient)
        precondition(
            inputGradient.shape == input.shape
                && windowSums.shape == [2, geometry.batch, geometry.features]
                && scaleGradient.shape == parameters.scale.shape
                && shiftGradient.shape == parameters.shift.shape,
            """
            pooled gradient at \(input.shape) with sums \(windowSums.shape) into \
            \(inputGradient.shape), \(scaleGradient.shape), \(shiftGradient.shape)
            """)
        let (windows, channels) = (geometry.windows, geometry.channels)
        let shape = launchShape(rows: windows, channels: channels, reducing: true)
        try withScratch([[windows, channels], [2, shape.workGroups, channels]]) { scratch in
            let (gradients, partial) = (scratch[0], scratch[1])
            try launch(
                .batchNormPool, "window_gradient_sums", shape,
                [pooledGradient, windowSums, gradients, partial], rows: windows, channels,
                geometry.arguments + [shape.vectors])
            try sumRowPairs(partial, first: shiftGradient, second: scaleGradient)
            let pixels = input.shape.rows
            try launch(
                .batchNormPool, "batch_norm_pool_gradient",
                launchShape(rows: pixels, channels: channels),
                [input] + tensors(parameters, statistics)
                    + [gradients, scaleGradient, shiftGradient, inputGradient],
                rows: pixels, channels, geometry.arguments + [activation.slope])
        }
    }

    /// Whether Σs and Σs·x̂ per window suffice for the gradient; true for piecewise-linear
    /// activations.
    private func keepsWindowSums(_ activation: Activation, _ geometry: AveragePoolGeometry) -> Bool
    {
        geometry.isSpatial && activation != .tanh
    }
}

extension MaxPoolGeometry {
    /// Whether its windows are squares of 2×2, one beside the other.
    fileprivate var halves: Bool { window == 2 && stride == 2 }
}
