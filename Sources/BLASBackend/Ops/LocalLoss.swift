import CVectorLoops
import Tensors

/// The fused passes, for images and piecewise linear activations; the rest uses the composed form.
///
/// With `s` the activation's slope, the pooled activation is `(γ·Σs·x̂ + β·Σs) / area` of every
/// window, and the batch norm's gradients are sums over windows of the same two numbers. So neither
/// reads the image again.
extension BLASBackend {
    public func batchNormPool(
        _ input: Tensor, _ parameters: BatchNormParameters, _ statistics: BatchStatistics,
        _ activation: Activation, _ geometry: AveragePoolGeometry, maxPool: MaxPoolGeometry?,
        into output: Tensor, pooled: Tensor, windowSums: Tensor
    ) throws {
        guard geometry.isSpatial, activation.isPiecewiseLinear else {
            return try composedBatchNormPool(
                input, parameters, statistics, activation, geometry, maxPool: maxPool,
                into: output, pooled: pooled)
        }
        if let maxPool {
            checkPool(input, maxPool.inputShape, output, maxPool.outputShape)
        } else {
            checkSameShape(input, output, "batch norm and pool")
        }
        checkPool(input, geometry.inputShape, pooled, geometry.outputShape)
        checkWindowSums(windowSums, geometry)
        let norm = norm(of: input, parameters, statistics)
        let (x, y, p) = (input.floats, output.floats, pooled.floats)
        let (slopeSums, normalizedSums) = (windowSums.floats, windowSums.floats + pooled.count)
        var shape = geometry.vector
        let (size, features) = (geometry.imageSize, geometry.features)
        let parts = partition(geometry.batch, work: size)
        try withUnsafePointer(to: &shape) { shape in
            // Writes the activations of the images from `image` on into `a`.
            let pass = { (image: Int, count: Int, a: UnsafeMutablePointer<Float>) in
                let window = image * features
                vector_batch_norm_pool(
                    x + image * size, a, p + window, slopeSums + window, normalizedSums + window,
                    count, shape,
                    norm, activation.vector)
            }
            guard let maxPool else {
                return threads.run(parts.count) { part in
                    let first = parts[part].lowerBound
                    pass(first, parts[part].count, y + first * size)
                }
            }
            var windows = maxPool.vector
            try withUnsafePointer(to: &windows) { windows in
                // One image's activations at a time, which stay in the cache.
                try withScratch(parts.count * size, of: Float.self) { memory in
                    threads.run(parts.count) { part in
                        let activations = memory + part * size
                        for image in parts[part] {
                            pass(image, 1, activations)
                            vector_max_pool(
                                activations, y + image * maxPool.outputSize, 1, windows)
                        }
                    }
                }
            }
        }
    }

    public func batchNormPoolGradient(
        of pooledGradient: Tensor, input: Tensor, windowSums: Tensor,
        _ parameters: BatchNormParameters, _ statistics: BatchStatistics,
        _ activation: Activation, _ geometry: AveragePoolGeometry,
        into inputGradient: Tensor, scaleGradient: Tensor, shiftGradient: Tensor
    ) throws {
        guard geometry.isSpatial, activation.isPiecewiseLinear else {
            return try composedBatchNormPoolGradient(
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
        let (slopeSums, normalizedSums) = (
            windowSums.floats, windowSums.floats + pooledGradient.count
        )
        var shape = geometry.vector
        let (size, features) = (geometry.imageSize, geometry.features)
        let parts = partition(geometry.batch, work: size)
        // The gradient spread over the windows, and four rows of channels.
        let memorySize = features + 4 * geometry.channels
        try withUnsafePointer(to: &shape) { shape in
            try withGradientSums(
                parts: parts.count, rows: input.shape.rows, scaleGradient, shiftGradient
            ) { part, shift, scale, _ in
                let window = parts[part].lowerBound * features
                vector_batch_norm_pool_sums(
                    g + window, slopeSums + window, normalizedSums + window, parts[part].count,
                    shape, shift,
                    scale)
            } then: { shiftMean, scaleMean in
                try withScratch(parts.count * memorySize, of: Float.self) { memory in
                    threads.run(parts.count) { part in
                        let image = parts[part].lowerBound * size
                        vector_batch_norm_pool_gradient(
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
