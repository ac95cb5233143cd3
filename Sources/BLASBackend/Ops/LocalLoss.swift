import CVectorLoops
import Tensors

/// The fused passes, for images and piecewise linear activations; all else takes the composed form.
///
/// With `s` the activation's slope, the pooled activation is `(γ·Σs·x̂ + β·Σs) / area` of every
/// window, and the batch norm's gradients are sums over windows of the same two numbers: neither
/// reads the image again.
extension BLASBackend {
    public func batchNormPool(
        _ input: Tensor, _ parameters: BatchNormParameters, _ statistics: BatchStatistics,
        _ activation: Activation, _ geometry: AveragePoolGeometry,
        into output: Tensor, pooled: Tensor, windowSums: Tensor
    ) throws {
        guard geometry.isSpatial, activation.isPiecewiseLinear else {
            return try composedBatchNormPool(
                input, parameters, statistics, activation, geometry, into: output, pooled: pooled)
        }
        checkSameShape(input, output, "batch norm and pool")
        checkPool(input, geometry.inputShape, pooled, geometry.outputShape)
        checkWindowSums(windowSums, geometry)
        let norm = norm(of: input, parameters, statistics)
        let (x, y, p) = (input.floats, output.floats, pooled.floats)
        let (slopes, units) = (windowSums.floats, windowSums.floats + pooled.count)
        var shape = geometry.vector
        let (size, features) = (geometry.imageSize, geometry.features)
        withUnsafePointer(to: &shape) { shape in
            inParts(of: geometry.batch, work: size) { _, images in
                let (image, window) = (images.lowerBound * size, images.lowerBound * features)
                vector_batch_norm_pool(
                    x + image, y + image, p + window, slopes + window, units + window,
                    images.count, shape, norm, activation.vector)
            }
        }
    }

    public func pooledGradient(
        of pooledGradient: Tensor, input: Tensor, windowSums: Tensor,
        _ parameters: BatchNormParameters, _ statistics: BatchStatistics,
        _ activation: Activation, _ geometry: AveragePoolGeometry,
        into inputGradient: Tensor, scaleGradient: Tensor, shiftGradient: Tensor
    ) throws {
        guard geometry.isSpatial, activation.isPiecewiseLinear else {
            return try composedPooledGradient(
                of: pooledGradient, input: input, parameters, statistics, activation, geometry,
                into: inputGradient, scaleGradient: scaleGradient, shiftGradient: shiftGradient)
        }
        checkSameShape(input, inputGradient, "pooled gradient")
        checkSameShape(parameters.scale, scaleGradient, "pooled gradient")
        checkSameShape(parameters.shift, shiftGradient, "pooled gradient")
        checkPool(input, geometry.inputShape, pooledGradient, geometry.outputShape)
        checkWindowSums(windowSums, geometry)
        let norm = norm(of: input, parameters, statistics)
        let (g, x, result) = (pooledGradient.floats, input.floats, inputGradient.floats)
        let (slopes, units) = (windowSums.floats, windowSums.floats + pooledGradient.count)
        var shape = geometry.vector
        let (size, features) = (geometry.imageSize, geometry.features)
        let parts = parts(of: geometry.batch, work: size)
        // The gradient spread over the windows, and four rows of channels.
        let memorySize = features + 4 * geometry.channels
        try withUnsafePointer(to: &shape) { shape in
            try withGradientSums(
                parts: parts.count, rows: input.shape.rows, scaleGradient, shiftGradient
            ) { part, shift, scale, _ in
                let window = parts[part].lowerBound * features
                vector_pooled_gradient_sums(
                    g + window, slopes + window, units + window, parts[part].count, shape, shift,
                    scale)
            } then: { shiftMean, scaleMean in
                try scratch.lend(parts.count * memorySize, of: Float.self) { memory in
                    threads.run(parts.count) { part in
                        let image = parts[part].lowerBound * size
                        vector_pooled_gradient(
                            g + parts[part].lowerBound * features, x + image, result + image,
                            parts[part].count, shape, norm, activation.vector, shiftMean,
                            scaleMean, memory + part * memorySize)
                    }
                }
            }
        }
    }

    private func checkWindowSums(_ windowSums: Tensor, _ geometry: AveragePoolGeometry) {
        precondition(
            windowSums.shape == [2, geometry.batch, geometry.features],
            "window sums \(windowSums.shape) of a pool to \(geometry.outputShape)")
    }
}

extension Activation {
    fileprivate var isPiecewiseLinear: Bool {
        switch self {
        case .identity, .leakyReLU: true
        case .tanh: false
        }
    }
}
