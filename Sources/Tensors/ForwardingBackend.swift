/// A backend that forwards every operation to another. Subclass it to watch them all, or to change
/// one.
///
/// An operation with a default implementation must be forwarded here explicitly, or the default hides
/// the implementation of `base`.
open class ForwardingBackend: ForwardingMemory, Backend {
    open func dryRun() -> (any Backend)? { base.dryRun() }

    // MARK: Matrix and convolution

    open func multiply(
        _ left: MatrixFactor, _ right: MatrixFactor, bias: Tensor?, into output: Tensor
    ) throws {
        try around { try base.multiply(left, right, bias: bias, into: output) }
    }

    open func convolve(
        _ input: Tensor, _ weights: Tensor, bias: Tensor?, _ geometry: ConvolutionGeometry,
        into output: Tensor
    ) throws {
        try around { try base.convolve(input, weights, bias: bias, geometry, into: output) }
    }

    open func convolutionWeightGradient(
        _ input: Tensor, of outputGradient: Tensor, _ geometry: ConvolutionGeometry,
        into weightGradient: Tensor
    ) throws {
        try around {
            try base.convolutionWeightGradient(
                input, of: outputGradient, geometry, into: weightGradient)
        }
    }

    open func convolutionInputGradient(
        of outputGradient: Tensor, _ weights: Tensor, _ geometry: ConvolutionGeometry,
        into inputGradient: Tensor
    ) throws {
        try around {
            try base.convolutionInputGradient(
                of: outputGradient, weights, geometry, into: inputGradient)
        }
    }

    // MARK: Elementwise

    open func activate(_ input: Tensor, _ activation: Activation, into output: Tensor) throws {
        try around { try base.activate(input, activation, into: output) }
    }

    open func activationGradient(
        of outputGradient: Tensor, output: Tensor, _ activation: Activation,
        into inputGradient: Tensor
    ) throws {
        try around {
            try base.activationGradient(
                of: outputGradient, output: output, activation, into: inputGradient)
        }
    }

    open func scaleAdd(
        _ alpha: Float, _ source: Tensor, _ beta: Float, into destination: Tensor
    ) throws {
        try around { try base.scaleAdd(alpha, source, beta, into: destination) }
    }

    open func multiplyAdd(
        _ alpha: Float, _ left: Tensor, _ right: Tensor, _ beta: Float, into destination: Tensor
    ) throws {
        try around { try base.multiplyAdd(alpha, left, right, beta, into: destination) }
    }

    open func divideAdd(
        _ alpha: Float, _ numerator: Tensor, _ denominator: Tensor, epsilon: Float, _ beta: Float,
        into destination: Tensor
    ) throws {
        try around {
            try base.divideAdd(
                alpha, numerator, denominator, epsilon: epsilon, beta, into: destination)
        }
    }

    open func squareRoot(_ input: Tensor, into output: Tensor) throws {
        try around { try base.squareRoot(input, into: output) }
    }

    open func signum(_ input: Tensor, into output: Tensor) throws {
        try around { try base.signum(input, into: output) }
    }

    open func sumRows(_ input: Tensor, into output: Tensor) throws {
        try around { try base.sumRows(input, into: output) }
    }

    open func scaleColumns(_ input: Tensor, by scale: Tensor, into output: Tensor) throws {
        try around { try base.scaleColumns(input, by: scale, into: output) }
    }

    open func sumRowProducts(_ left: Tensor, _ right: Tensor, into output: Tensor) throws {
        try around { try base.sumRowProducts(left, right, into: output) }
    }

    open func dropout(
        _ input: Tensor, probability: Float, key: UInt64, into output: Tensor
    ) throws {
        try around { try base.dropout(input, probability: probability, key: key, into: output) }
    }

    // MARK: Normalization

    open func batchStatistics(
        of input: Tensor, updating parameters: BatchNormParameters,
        into statistics: BatchStatistics
    ) throws {
        try around { try base.batchStatistics(of: input, updating: parameters, into: statistics) }
    }

    open func runningStatistics(
        of parameters: BatchNormParameters, into statistics: BatchStatistics
    ) throws {
        try around { try base.runningStatistics(of: parameters, into: statistics) }
    }

    open func batchNorm(
        _ input: Tensor, _ parameters: BatchNormParameters, _ statistics: BatchStatistics,
        _ activation: Activation, into output: Tensor
    ) throws {
        try around { try base.batchNorm(input, parameters, statistics, activation, into: output) }
    }

    open func batchNormGradient(
        of outputGradient: Tensor, input: Tensor, _ parameters: BatchNormParameters,
        _ statistics: BatchStatistics, _ activation: Activation, into inputGradient: Tensor,
        scaleGradient: Tensor, shiftGradient: Tensor
    ) throws {
        try around {
            try base.batchNormGradient(
                of: outputGradient, input: input, parameters, statistics, activation,
                into: inputGradient, scaleGradient: scaleGradient, shiftGradient: shiftGradient)
        }
    }

    open func normalizeRows(_ input: Tensor, into output: Tensor, norms: Tensor) throws {
        try around { try base.normalizeRows(input, into: output, norms: norms) }
    }

    open func normalizeRowsGradient(
        of outputGradient: Tensor, output: Tensor, norms: Tensor, into inputGradient: Tensor
    ) throws {
        try around {
            try base.normalizeRowsGradient(
                of: outputGradient, output: output, norms: norms, into: inputGradient)
        }
    }

    // MARK: Pooling and loss

    open func maxPool(_ input: Tensor, _ geometry: MaxPoolGeometry, into output: Tensor) throws {
        try around { try base.maxPool(input, geometry, into: output) }
    }

    open func maxPoolGradient(
        of outputGradient: Tensor, input: Tensor, _ geometry: MaxPoolGeometry,
        into inputGradient: Tensor
    ) throws {
        try around {
            try base.maxPoolGradient(
                of: outputGradient, input: input, geometry, into: inputGradient)
        }
    }

    open func averagePool(
        _ input: Tensor, _ geometry: AveragePoolGeometry, into output: Tensor
    ) throws {
        try around { try base.averagePool(input, geometry, into: output) }
    }

    open func averagePoolGradient(
        of outputGradient: Tensor, _ geometry: AveragePoolGeometry, into inputGradient: Tensor
    ) throws {
        try around {
            try base.averagePoolGradient(of: outputGradient, geometry, into: inputGradient)
        }
    }

    open func crossEntropy(
        _ logits: Tensor, _ targets: Targets, _ options: CrossEntropyOptions, gradient: Tensor?,
        addingLossTo total: Tensor
    ) throws {
        try around {
            try base.crossEntropy(
                logits, targets, options, gradient: gradient, addingLossTo: total)
        }
    }

    open func countCorrect(
        _ logits: Tensor, _ labels: Tensor, top: Int, addingTo total: Tensor
    ) throws {
        try around { try base.countCorrect(logits, labels, top: top, addingTo: total) }
    }

    open func sumLabelWeights(_ labels: Tensor, _ weights: Tensor, into sum: Tensor) throws {
        try around { try base.sumLabelWeights(labels, weights, into: sum) }
    }

    open func oneHot(_ targets: Targets, value: Float, into output: Tensor) throws {
        try around { try base.oneHot(targets, value: value, into: output) }
    }

    // MARK: Local loss

    open func synchronizationLoss(
        _ pooled: Tensor, basis: Tensor, _ targets: Targets, _ options: CrossEntropyOptions,
        into pooledGradient: Tensor, addingLossTo total: Tensor
    ) throws {
        try around {
            try base.synchronizationLoss(
                pooled, basis: basis, targets, options, into: pooledGradient, addingLossTo: total)
        }
    }

    open func batchNormPool(
        _ input: Tensor, _ parameters: BatchNormParameters, _ statistics: BatchStatistics,
        _ activation: Activation, _ geometry: AveragePoolGeometry, maxPool: MaxPoolGeometry?,
        into output: Tensor, pooled: Tensor, windowSums: Tensor
    ) throws {
        try around {
            try base.batchNormPool(
                input, parameters, statistics, activation, geometry, maxPool: maxPool,
                into: output, pooled: pooled, windowSums: windowSums)
        }
    }

    open func batchNormPoolGradient(
        of pooledGradient: Tensor, input: Tensor, windowSums: Tensor,
        _ parameters: BatchNormParameters, _ statistics: BatchStatistics,
        _ activation: Activation, _ geometry: AveragePoolGeometry,
        into inputGradient: Tensor, scaleGradient: Tensor, shiftGradient: Tensor
    ) throws {
        try around {
            try base.batchNormPoolGradient(
                of: pooledGradient, input: input, windowSums: windowSums, parameters, statistics,
                activation, geometry, into: inputGradient, scaleGradient: scaleGradient,
                shiftGradient: shiftGradient)
        }
    }

    // MARK: Optimizer

    open func updateSGD(
        _ parameters: Tensor, gradient: Tensor, momentum: Tensor, _ step: SGDStep
    ) throws {
        try around { try base.updateSGD(parameters, gradient: gradient, momentum: momentum, step) }
    }

    open func updateAdam(
        _ parameters: Tensor, gradient: Tensor, firstMoment: Tensor, secondMoment: Tensor,
        _ step: AdamStep
    ) throws {
        try around {
            try base.updateAdam(
                parameters, gradient: gradient, firstMoment: firstMoment,
                secondMoment: secondMoment, step)
        }
    }

    open func updateScheduleFree(
        _ parameters: Tensor, gradient: Tensor, iterate: Tensor, secondMoment: Tensor?,
        _ step: ScheduleFreeStep
    ) throws {
        try around {
            try base.updateScheduleFree(
                parameters, gradient: gradient, iterate: iterate, secondMoment: secondMoment, step)
        }
    }

    open func interpolate(_ tensor: Tensor, toward end: Tensor, by weight: Float) throws {
        try around { try base.interpolate(tensor, toward: end, by: weight) }
    }
}
