import Tensors

extension OpenCLBackend: LocalLossOps {
    /// Classes up to which one kernel does it all; of more, matrix products are faster.
    private static var mostFusedClasses: Int { 64 }

    public func synchronizationLoss(
        _ pooled: Tensor, basis: Tensor, _ labels: Tensor, _ options: CrossEntropyOptions,
        into pooledGradient: Tensor, addingLossTo total: Tensor
    ) throws {
        checkSynchronizationLoss(
            pooled, basis: basis, labels, into: pooledGradient, addingLossTo: total)
        guard try isFused(classes: basis.shape[0], pooled.shape) else {
            return try composedSynchronizationLoss(
                pooled, basis: basis, labels, options, into: pooledGradient, addingLossTo: total)
        }
        try withRowResults(of: pooled, "add_mean", into: .tensor(total)) { losses, grid in
            try launch(
                .localLoss, Self.fusedLoss, defines: defines(grid), over: grid,
                [
                    .tensor(pooled), .tensor(basis), .integers(labels), .tensor(pooledGradient),
                    .tensor(losses), .int(pooled.shape[0]), .int(pooled.shape[1]),
                    .int(basis.shape[0]), .float(options.temperature),
                    .float(options.labelSmoothing), .float(Self.smallestNorm), grid.numbers,
                    .local(4 * basis.shape[0]), .local(4 * basis.shape[0]),
                ])
        }
    }

    private static var fusedLoss: String { "synchronization_loss" }

    /// Whether one kernel computes the loss: its items work in teams, see ``smallestGroup``.
    private func isFused(classes: Int, _ pooled: Shape) throws -> Bool {
        guard classes <= Self.mostFusedClasses, pooled.count > 0 else { return false }
        let grid = sampleGrid(pooled[0], pooled[1])
        let limit = try groupLimit(
            .localLoss, Self.fusedLoss, defines(grid), wanted: grid.local)
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
        let grid = windowGrid(geometry)
        try launch(
            .batchNormPool, "batch_norm_pool", grid,
            [input] + tensors(parameters, statistics) + [output, pooled, windowSums],
            rows: geometry.windows, geometry.channels,
            geometry.arguments
                + [.int(maxPool == nil ? 0 : 1), activation.slope, grid.vectors])
    }

    public func pooledGradient(
        of pooledGradient: Tensor, input: Tensor, windowSums: Tensor,
        _ parameters: BatchNormParameters, _ statistics: BatchStatistics,
        _ activation: Activation, _ geometry: AveragePoolGeometry,
        into inputGradient: Tensor, scaleGradient: Tensor, shiftGradient: Tensor
    ) throws {
        guard keepsWindowSums(activation, geometry) else {
            return try composedPooledGradient(
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
        let grid = rowGrid(windows, channels, reducing: true)
        try withScratch([[windows, channels], [2, grid.groups, channels]]) { scratch in
            let (gradients, partial) = (scratch[0], scratch[1])
            try launch(
                .batchNormPool, "window_gradient_sums", grid,
                [pooledGradient, windowSums, gradients, partial], rows: windows, channels,
                geometry.arguments + [grid.vectors])
            try sumRowPairs(partial, first: shiftGradient, second: scaleGradient)
            let pixels = input.shape.rows
            try launch(
                .batchNormPool, "batch_norm_pool_gradient", rowGrid(pixels, channels),
                [input] + tensors(parameters, statistics)
                    + [gradients, scaleGradient, shiftGradient, inputGradient],
                rows: pixels, channels, geometry.arguments + [activation.slope])
        }
    }

    /// Whether Σ s and Σ s·x̂ of a window say all: they do where the activation is linear on both
    /// sides of 0.
    private func keepsWindowSums(_ activation: Activation, _ geometry: AveragePoolGeometry) -> Bool
    {
        geometry.isSpatial && activation != .tanh
    }
}

extension MaxPoolGeometry {
    /// Whether its windows are squares of 2×2, one beside the other.
    fileprivate var halves: Bool { window == 2 && stride == 2 }
}
