/// The LLS loss and the three fused passes of a block that is trained by a local loss.
///
/// A block computes `z = affine(x)`, `a = activation(batchNorm(z))`, `p = averagePool(a)`. A local
/// rule reads `p` alone and computes `∂loss/∂p`. From there the gradient goes back through pool,
/// activation and batch norm to `z`, and no further.
///
/// Every operation here has a composed form, made of the primitives (`composed…`): it is the
/// default, and the oracle of a backend's own kernels.
public protocol LocalLossOps: LossOps, MatrixOps, NormalizationOps, PoolingOps {
    /// The LLS loss (arXiv 2405.15868, eq. 3–5) and its gradient with respect to the pooled
    /// activation: cross-entropy of `(p / ‖p‖) · basisᵀ`, see
    /// ``LossOps/crossEntropy(_:_:_:gradient:addingLossTo:)``.
    ///
    /// - Parameters:
    ///   - pooled: `[batch, features]`.
    ///   - basis: `[classes, features]`.
    ///   - targets: labels, each below `classes`, and their weights.
    ///   - pooledGradient: `[batch, features]`.
    ///   - total: `[1]`, to which the mean loss is added.
    func synchronizationLoss(
        _ pooled: Tensor, basis: Tensor, _ targets: Targets, _ options: CrossEntropyOptions,
        into pooledGradient: Tensor, addingLossTo total: Tensor) throws

    /// Batch norm, activation and average pool of `z` in one pass. If the next block reads only a max
    /// pool of `a`, that is computed too, and `a` itself is never stored.
    ///
    /// - Parameters:
    ///   - input: `z`, rank 4 or 2; `geometry` is that of its average pool.
    ///   - maxPool: of `a`, or nil.
    ///   - output: `a`, shaped as `z`; with a max pool, the pool of `a`.
    ///   - pooled: `p`, `geometry.outputShape`.
    ///   - windowSums: `[2, batch, features]`. With `s = activation′` and `x̂` the normalised input,
    ///     a backend may leave `Σ s` and `Σ s·x̂` of every window here for
    ///     ``batchNormPoolGradient(of:input:windowSums:_:_:_:_:into:scaleGradient:shiftGradient:)``;
    ///     only
    ///     that operation looks inside.
    func batchNormPool(
        _ input: Tensor, _ parameters: BatchNormParameters, _ statistics: BatchStatistics,
        _ activation: Activation, _ geometry: AveragePoolGeometry, maxPool: MaxPoolGeometry?,
        into output: Tensor, pooled: Tensor, windowSums: Tensor) throws

    /// From `∂loss/∂p` back to `∂loss/∂z` and the batch norm's gradients, without storing
    /// `∂loss/∂a`. `inputGradient` may be `input`.
    func batchNormPoolGradient(
        of pooledGradient: Tensor, input: Tensor, windowSums: Tensor,
        _ parameters: BatchNormParameters, _ statistics: BatchStatistics,
        _ activation: Activation, _ geometry: AveragePoolGeometry,
        into inputGradient: Tensor, scaleGradient: Tensor, shiftGradient: Tensor) throws
}

extension LocalLossOps {
    public func synchronizationLoss(
        _ pooled: Tensor, basis: Tensor, _ targets: Targets, _ options: CrossEntropyOptions,
        into pooledGradient: Tensor, addingLossTo total: Tensor
    ) throws {
        try composedSynchronizationLoss(
            pooled, basis: basis, targets, options, into: pooledGradient, addingLossTo: total)
    }

    /// ``synchronizationLoss(_:basis:_:_:into:addingLossTo:)`` made of the primitives.
    public func composedSynchronizationLoss(
        _ pooled: Tensor, basis: Tensor, _ targets: Targets, _ options: CrossEntropyOptions,
        into pooledGradient: Tensor, addingLossTo total: Tensor
    ) throws {
        checkSynchronizationLoss(
            pooled, basis: basis, targets, into: pooledGradient, addingLossTo: total)
        let (batch, classes) = (pooled.shape[0], basis.shape[0])
        try withScratch([pooled.shape, [batch], [batch, classes], pooled.shape]) { scratch in
            let (normalized, norms, scores, normalizedGradient) = (
                scratch[0], scratch[1], scratch[2], scratch[3]
            )
            try normalizeRows(pooled, into: normalized, norms: norms)
            try multiply(normalized.matrix, basis.transposed, into: scores)
            try crossEntropy(scores, targets, options, gradient: scores, addingLossTo: total)
            try multiply(scores.matrix, basis.matrix, into: normalizedGradient)
            try normalizeRowsGradient(
                of: normalizedGradient, output: normalized, norms: norms, into: pooledGradient)
        }
    }

    public func batchNormPool(
        _ input: Tensor, _ parameters: BatchNormParameters, _ statistics: BatchStatistics,
        _ activation: Activation, _ geometry: AveragePoolGeometry, maxPool: MaxPoolGeometry?,
        into output: Tensor, pooled: Tensor, windowSums: Tensor
    ) throws {
        try composedBatchNormPool(
            input, parameters, statistics, activation, geometry, maxPool: maxPool, into: output,
            pooled: pooled)
    }

    /// ``batchNormPool(_:_:_:_:_:maxPool:into:pooled:windowSums:)`` made of the primitives; it
    /// leaves no window sums.
    public func composedBatchNormPool(
        _ input: Tensor, _ parameters: BatchNormParameters, _ statistics: BatchStatistics,
        _ activation: Activation, _ geometry: AveragePoolGeometry, maxPool: MaxPoolGeometry?,
        into output: Tensor, pooled: Tensor
    ) throws {
        guard let maxPool else {
            try batchNorm(input, parameters, statistics, activation, into: output)
            return try averagePool(output, geometry, into: pooled)
        }
        try withScratch([input.shape]) { scratch in
            try batchNorm(input, parameters, statistics, activation, into: scratch[0])
            try averagePool(scratch[0], geometry, into: pooled)
            try self.maxPool(scratch[0], maxPool, into: output)
        }
    }

    public func batchNormPoolGradient(
        of pooledGradient: Tensor, input: Tensor, windowSums: Tensor,
        _ parameters: BatchNormParameters, _ statistics: BatchStatistics,
        _ activation: Activation, _ geometry: AveragePoolGeometry,
        into inputGradient: Tensor, scaleGradient: Tensor, shiftGradient: Tensor
    ) throws {
        try composedBatchNormPoolGradient(
            of: pooledGradient, input: input, parameters, statistics, activation, geometry,
            into: inputGradient, scaleGradient: scaleGradient, shiftGradient: shiftGradient)
    }

    /// The gradient of ``composedBatchNormPool(_:_:_:_:_:maxPool:into:pooled:)``, made of the
    /// primitives.
    public func composedBatchNormPoolGradient(
        of pooledGradient: Tensor, input: Tensor,
        _ parameters: BatchNormParameters, _ statistics: BatchStatistics,
        _ activation: Activation, _ geometry: AveragePoolGeometry,
        into inputGradient: Tensor, scaleGradient: Tensor, shiftGradient: Tensor
    ) throws {
        try withScratch([input.shape]) { scratch in
            try averagePoolGradient(of: pooledGradient, geometry, into: scratch[0])
            try batchNormGradient(
                of: scratch[0], input: input, parameters, statistics, activation,
                into: inputGradient, scaleGradient: scaleGradient, shiftGradient: shiftGradient)
        }
    }

    /// Traps, with all shapes, unless the tensors fit each other. For backends.
    public func checkSynchronizationLoss(
        _ pooled: Tensor, basis: Tensor, _ targets: Targets, into pooledGradient: Tensor,
        addingLossTo total: Tensor
    ) {
        let labels = targets.labels
        precondition(
            pooled.shape.rank == 2 && basis.shape.rank == 2 && basis.shape[1] == pooled.shape[1]
                && labels.shape == [pooled.shape[0]] && labels.elementType == .int32
                && pooledGradient.shape == pooled.shape && total.shape == [1]
                && total.elementType == .float32,
            """
            LLS loss of \(pooled.shape) against \(basis.shape) with \(labels.elementType) labels \
            \(labels.shape) into \(pooledGradient.shape), added to \(total.elementType) \
            \(total.shape)
            """)
        targets.checkWeights(classes: basis.shape[0])
    }
}
