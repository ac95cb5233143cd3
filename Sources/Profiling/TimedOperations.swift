import Tensors

// MARK: Matrix and convolution

extension TimedBackend {
    public func multiply(
        _ left: MatrixFactor, _ right: MatrixFactor, bias: Tensor?, into output: Tensor
    ) throws {
        try timed("multiply") { try base.multiply(left, right, bias: bias, into: output) }
    }

    public func convolve(
        _ input: Tensor, _ weights: Tensor, bias: Tensor?, _ geometry: ConvolutionGeometry,
        into output: Tensor
    ) throws {
        try timed("convolve") {
            try base.convolve(input, weights, bias: bias, geometry, into: output)
        }
    }

    public func convolutionWeightGradient(
        _ input: Tensor, of outputGradient: Tensor, _ geometry: ConvolutionGeometry,
        into weightGradient: Tensor
    ) throws {
        try timed("convolutionWeightGradient") {
            try base.convolutionWeightGradient(
                input, of: outputGradient, geometry, into: weightGradient)
        }
    }

    public func convolutionInputGradient(
        of outputGradient: Tensor, _ weights: Tensor, _ geometry: ConvolutionGeometry,
        into inputGradient: Tensor
    ) throws {
        try timed("convolutionInputGradient") {
            try base.convolutionInputGradient(
                of: outputGradient, weights, geometry, into: inputGradient)
        }
    }
}

// MARK: Elementwise

extension TimedBackend {
    public func activate(_ input: Tensor, _ activation: Activation, into output: Tensor) throws {
        try timed("activate") { try base.activate(input, activation, into: output) }
    }

    public func activationGradient(
        of outputGradient: Tensor, output: Tensor, _ activation: Activation,
        into inputGradient: Tensor
    ) throws {
        try timed("activationGradient") {
            try base.activationGradient(
                of: outputGradient, output: output, activation, into: inputGradient)
        }
    }

    public func scaleAdd(
        _ alpha: Float, _ source: Tensor, _ beta: Float, into destination: Tensor
    ) throws {
        try timed("scaleAdd") { try base.scaleAdd(alpha, source, beta, into: destination) }
    }

    public func sumRows(_ input: Tensor, into output: Tensor) throws {
        try timed("sumRows") { try base.sumRows(input, into: output) }
    }

    public func scaleColumns(_ input: Tensor, by scale: Tensor, into output: Tensor) throws {
        try timed("scaleColumns") { try base.scaleColumns(input, by: scale, into: output) }
    }

    public func sumRowProducts(_ left: Tensor, _ right: Tensor, into output: Tensor) throws {
        try timed("sumRowProducts") { try base.sumRowProducts(left, right, into: output) }
    }

    public func dropout(
        _ input: Tensor, probability: Float, key: UInt64, into output: Tensor
    ) throws {
        try timed("dropout") {
            try base.dropout(input, probability: probability, key: key, into: output)
        }
    }
}

// MARK: Normalization

extension TimedBackend {
    public func batchStatistics(
        of input: Tensor, updating parameters: BatchNormParameters,
        into statistics: BatchStatistics
    ) throws {
        try timed("batchStatistics") {
            try base.batchStatistics(of: input, updating: parameters, into: statistics)
        }
    }

    public func runningStatistics(
        of parameters: BatchNormParameters, into statistics: BatchStatistics
    ) throws {
        try timed("runningStatistics") {
            try base.runningStatistics(of: parameters, into: statistics)
        }
    }

    public func batchNorm(
        _ input: Tensor, _ parameters: BatchNormParameters, _ statistics: BatchStatistics,
        _ activation: Activation, into output: Tensor
    ) throws {
        try timed("batchNorm") {
            try base.batchNorm(input, parameters, statistics, activation, into: output)
        }
    }

    public func batchNormGradient(
        of outputGradient: Tensor, input: Tensor, _ parameters: BatchNormParameters,
        _ statistics: BatchStatistics, _ activation: Activation, into inputGradient: Tensor,
        scaleGradient: Tensor, shiftGradient: Tensor
    ) throws {
        try timed("batchNormGradient") {
            try base.batchNormGradient(
                of: outputGradient, input: input, parameters, statistics, activation,
                into: inputGradient, scaleGradient: scaleGradient, shiftGradient: shiftGradient)
        }
    }

    public func normalizeRows(_ input: Tensor, into output: Tensor, norms: Tensor) throws {
        try timed("normalizeRows") { try base.normalizeRows(input, into: output, norms: norms) }
    }

    public func normalizeRowsGradient(
        of outputGradient: Tensor, output: Tensor, norms: Tensor, into inputGradient: Tensor
    ) throws {
        try timed("normalizeRowsGradient") {
            try base.normalizeRowsGradient(
                of: outputGradient, output: output, norms: norms, into: inputGradient)
        }
    }
}

// MARK: Pooling and loss

extension TimedBackend {
    public func maxPool(_ input: Tensor, _ geometry: MaxPoolGeometry, into output: Tensor) throws {
        try timed("maxPool") { try base.maxPool(input, geometry, into: output) }
    }

    public func maxPoolGradient(
        of outputGradient: Tensor, input: Tensor, _ geometry: MaxPoolGeometry,
        into inputGradient: Tensor
    ) throws {
        try timed("maxPoolGradient") {
            try base.maxPoolGradient(
                of: outputGradient, input: input, geometry, into: inputGradient)
        }
    }

    public func averagePool(
        _ input: Tensor, _ geometry: AveragePoolGeometry, into output: Tensor
    ) throws {
        try timed("averagePool") { try base.averagePool(input, geometry, into: output) }
    }

    public func averagePoolGradient(
        of outputGradient: Tensor, _ geometry: AveragePoolGeometry, into inputGradient: Tensor
    ) throws {
        try timed("averagePoolGradient") {
            try base.averagePoolGradient(of: outputGradient, geometry, into: inputGradient)
        }
    }

    public func crossEntropy(
        _ logits: Tensor, _ labels: Tensor, _ options: CrossEntropyOptions, gradient: Tensor?,
        addingLossTo total: Tensor
    ) throws {
        try timed("crossEntropy") {
            try base.crossEntropy(logits, labels, options, gradient: gradient, addingLossTo: total)
        }
    }

    public func countCorrect(
        _ logits: Tensor, _ labels: Tensor, top: Int, addingTo total: Tensor
    ) throws {
        try timed("countCorrect") {
            try base.countCorrect(logits, labels, top: top, addingTo: total)
        }
    }

    public func oneHot(_ labels: Tensor, value: Float, into output: Tensor) throws {
        try timed("oneHot") { try base.oneHot(labels, value: value, into: output) }
    }
}

// MARK: Local loss

extension TimedBackend {
    public func synchronizationLoss(
        _ pooled: Tensor, basis: Tensor, _ labels: Tensor, _ options: CrossEntropyOptions,
        into pooledGradient: Tensor, addingLossTo total: Tensor
    ) throws {
        try timed("synchronizationLoss") {
            try base.synchronizationLoss(
                pooled, basis: basis, labels, options, into: pooledGradient, addingLossTo: total)
        }
    }

    public func batchNormPool(
        _ input: Tensor, _ parameters: BatchNormParameters, _ statistics: BatchStatistics,
        _ activation: Activation, _ geometry: AveragePoolGeometry, maxPool: MaxPoolGeometry?,
        into output: Tensor, pooled: Tensor, windowSums: Tensor
    ) throws {
        try timed("batchNormPool") {
            try base.batchNormPool(
                input, parameters, statistics, activation, geometry, maxPool: maxPool,
                into: output, pooled: pooled, windowSums: windowSums)
        }
    }

    public func pooledGradient(
        of pooledGradient: Tensor, input: Tensor, windowSums: Tensor,
        _ parameters: BatchNormParameters, _ statistics: BatchStatistics,
        _ activation: Activation, _ geometry: AveragePoolGeometry,
        into inputGradient: Tensor, scaleGradient: Tensor, shiftGradient: Tensor
    ) throws {
        try timed("pooledGradient") {
            try base.pooledGradient(
                of: pooledGradient, input: input, windowSums: windowSums, parameters, statistics,
                activation, geometry, into: inputGradient, scaleGradient: scaleGradient,
                shiftGradient: shiftGradient)
        }
    }
}

// MARK: Optimizer

extension TimedBackend {
    public func updateSGD(
        _ parameters: Tensor, gradient: Tensor, momentum: Tensor, _ step: SGDStep
    ) throws {
        try timed("updateSGD") {
            try base.updateSGD(parameters, gradient: gradient, momentum: momentum, step)
        }
    }

    public func updateAdam(
        _ parameters: Tensor, gradient: Tensor, firstMoment: Tensor, secondMoment: Tensor,
        _ step: AdamStep
    ) throws {
        try timed("updateAdam") {
            try base.updateAdam(
                parameters, gradient: gradient, firstMoment: firstMoment,
                secondMoment: secondMoment,
                step)
        }
    }

    public func updateScheduleFree(
        _ parameters: Tensor, gradient: Tensor, iterate: Tensor, secondMoment: Tensor?,
        _ step: ScheduleFreeStep
    ) throws {
        try timed("updateScheduleFree") {
            try base.updateScheduleFree(
                parameters, gradient: gradient, iterate: iterate, secondMoment: secondMoment, step)
        }
    }

    public func interpolate(_ tensor: Tensor, toward end: Tensor, by weight: Float) throws {
        try timed("interpolate") { try base.interpolate(tensor, toward: end, by: weight) }
    }
}
