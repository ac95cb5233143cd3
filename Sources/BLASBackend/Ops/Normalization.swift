import CVectorLoops
import Tensors

extension BLASBackend {
    public func batchStatistics(
        of input: Tensor, updating parameters: BatchNormParameters,
        into statistics: BatchStatistics
    ) throws {
        let (rows, channels) = (input.shape.rows, input.shape.channels)
        precondition(rows > 1, "batch statistics of the single row \(input.shape)")
        checkChannels(of: input, parameters, statistics)
        let x = input.floats
        let parts = partition(rows, work: 2 * channels)
        // Mean, squared deviations and the loops' own memory, of each part.
        let size = 6 * channels
        try withScratch(parts.count * size, of: Double.self) { memory in
            threads.run(parts.count) { part in
                let moments = memory + part * size
                vector_moments(
                    x + parts[part].lowerBound * channels, parts[part].count, channels, moments,
                    moments + channels, moments + 2 * channels)
            }
            alone {
                for part in 1..<max(1, parts.count) {
                    let moments = memory + part * size
                    vector_merge_moments(
                        parts[part].lowerBound, memory, memory + channels, parts[part].count,
                        moments, moments + channels, channels)
                }
                update(
                    parameters, statistics, rows: rows, mean: memory, squares: memory + channels)
            }
        }
    }

    private func update(
        _ parameters: BatchNormParameters, _ statistics: BatchStatistics, rows: Int,
        mean: UnsafePointer<Double>, squares: UnsafePointer<Double>
    ) {
        let (resultMean, inverse) = (statistics.mean.floats, statistics.inverseDeviation.floats)
        let running = (parameters.runningMean.floats, parameters.runningVariance.floats)
        let (momentum, epsilon) = (Double(parameters.momentum), Double(parameters.epsilon))
        for c in 0..<parameters.scale.count {
            let variance = squares[c] / Double(rows)
            resultMean[c] = Float(mean[c])
            inverse[c] = Float(1 / (variance + epsilon).squareRoot())
            let (oldMean, oldVariance) = (Double(running.0[c]), Double(running.1[c]))
            running.0[c] = Float(oldMean + momentum * (mean[c] - oldMean))
            running.1[c] = Float(
                oldVariance + momentum * (squares[c] / Double(rows - 1) - oldVariance))
        }
    }

    public func runningStatistics(
        of parameters: BatchNormParameters, into statistics: BatchStatistics
    ) throws {
        checkChannels(of: parameters.scale, parameters, statistics)
        let (mean, variance) = (
            parameters.runningMean.floats, parameters.runningVariance.floats
        )
        let (resultMean, inverse) = (statistics.mean.floats, statistics.inverseDeviation.floats)
        alone {
            for c in 0..<parameters.scale.count {
                resultMean[c] = mean[c]
                inverse[c] = Float(
                    1 / (Double(variance[c]) + Double(parameters.epsilon)).squareRoot())
            }
        }
    }

    public func batchNorm(
        _ input: Tensor, _ parameters: BatchNormParameters, _ statistics: BatchStatistics,
        _ activation: Activation, into output: Tensor
    ) throws {
        checkSameShape(input, output, "batch norm")
        let norm = norm(of: input, parameters, statistics)
        let (x, y, channels) = (input.floats, output.floats, input.shape.channels)
        parallelFor(input.shape.rows, work: channels) { _, rows in
            let start = rows.lowerBound * channels
            vector_batch_norm(
                x + start, y + start, rows.count, channels, norm, activation.vector)
        }
    }

    public func batchNormGradient(
        of outputGradient: Tensor, input: Tensor, _ parameters: BatchNormParameters,
        _ statistics: BatchStatistics, _ activation: Activation, into inputGradient: Tensor,
        scaleGradient: Tensor, shiftGradient: Tensor
    ) throws {
        checkSameShape(outputGradient, input, "batch norm gradient")
        checkSameShape(outputGradient, inputGradient, "batch norm gradient")
        checkSameShape(parameters.scale, scaleGradient, "batch norm gradient")
        checkSameShape(parameters.shift, shiftGradient, "batch norm gradient")
        let norm = norm(of: input, parameters, statistics)
        let (g, x, result) = (outputGradient.floats, input.floats, inputGradient.floats)
        let (rows, channels) = (input.shape.rows, input.shape.channels)
        let parts = partition(rows, work: 2 * channels)
        try withGradientSums(
            parts: parts.count, rows: rows, scaleGradient, shiftGradient
        ) { part, shift, scale, memory in
            let start = parts[part].lowerBound * channels
            vector_batch_norm_sums(
                g + start, x + start, parts[part].count, channels, norm, activation.vector,
                shift, scale, memory)
        } then: { shiftMean, scaleMean in
            threads.run(parts.count) { part in
                let start = parts[part].lowerBound * channels
                vector_batch_norm_gradient(
                    g + start, x + start, result + start, parts[part].count, channels, norm,
                    activation.vector, shiftMean, scaleMean)
            }
        }
    }

    /// Sums a batch norm's gradients over the parts and writes them, then hands on their means.
    ///
    /// - Parameter sum: adds to the sums of one part, with memory for `2 · channels` floats.
    func withGradientSums(
        parts: Int, rows: Int, _ scaleGradient: Tensor, _ shiftGradient: Tensor,
        sum: (
            _ part: Int, _ shift: UnsafeMutablePointer<Double>,
            _ scale: UnsafeMutablePointer<Double>, _ memory: UnsafeMutablePointer<Float>
        ) -> Void,
        then body: (
            _ shiftMean: UnsafePointer<Float>, _ scaleMean: UnsafePointer<Float>
        ) throws -> Void
    ) throws {
        let channels = scaleGradient.count
        let (shift, scale) = (shiftGradient.floats, scaleGradient.floats)
        try withScratch(parts * 2 * channels, of: Double.self) { sums in
            try withScratch((parts + 1) * 2 * channels, of: Float.self) { memory in
                alone { sums.update(repeating: 0, count: parts * 2 * channels) }
                threads.run(parts) { part in
                    let partial = sums + part * 2 * channels
                    sum(part, partial, partial + channels, memory + part * 2 * channels)
                }
                let means = memory + parts * 2 * channels
                alone {
                    for c in 0..<2 * channels {
                        let total = (0..<parts).reduce(0) { $0 + sums[$1 * 2 * channels + c] }
                        if c < channels {
                            shift[c] = Float(total)
                        } else {
                            scale[c - channels] = Float(total)
                        }
                        means[c] = Float(total / Double(rows))
                    }
                }
                try body(means, means + channels)
            }
        }
    }

    public func normalizeRows(_ input: Tensor, into output: Tensor, norms: Tensor) throws {
        checkSameShape(input, output, "row normalization")
        precondition(
            input.shape.rank == 2 && norms.shape == [input.shape[0]],
            "norms of \(input.shape) into \(norms.shape)")
        let (x, y, lengths, columns) = (
            input.floats, output.floats, norms.floats, input.shape[1]
        )
        parallelFor(input.shape[0], work: columns) { _, rows in
            let (row, start) = (rows.lowerBound, rows.lowerBound * columns)
            vector_normalize_rows(
                x + start, y + start, lengths + row, rows.count, columns, Self.smallestNorm)
        }
    }

    public func normalizeRowsGradient(
        of outputGradient: Tensor, output: Tensor, norms: Tensor, into inputGradient: Tensor
    ) throws {
        checkSameShape(outputGradient, output, "row normalization gradient")
        checkSameShape(outputGradient, inputGradient, "row normalization gradient")
        precondition(
            output.shape.rank == 2 && norms.shape == [output.shape[0]],
            "norms \(norms.shape) of \(output.shape)")
        let (g, y, result) = (outputGradient.floats, output.floats, inputGradient.floats)
        let (lengths, columns) = (norms.floats, output.shape[1])
        parallelFor(output.shape[0], work: columns) { _, rows in
            let (row, start) = (rows.lowerBound, rows.lowerBound * columns)
            vector_normalize_rows_gradient(
                g + start, y + start, lengths + row, result + start, rows.count, columns,
                Self.smallestNorm)
        }
    }

    /// The factors of a batch norm as the loops take them.
    func norm(
        of tensor: Tensor, _ parameters: BatchNormParameters, _ statistics: BatchStatistics
    ) -> vector_norm {
        checkChannels(of: tensor, parameters, statistics)
        return vector_norm(
            mean: statistics.mean.floats, inverse_deviation: statistics.inverseDeviation.floats,
            scale: parameters.scale.floats, shift: parameters.shift.floats)
    }

    private func checkChannels(
        of tensor: Tensor, _ parameters: BatchNormParameters, _ statistics: BatchStatistics
    ) {
        let shapes = [
            parameters.scale, parameters.shift, parameters.runningMean, parameters.runningVariance,
            statistics.mean, statistics.inverseDeviation,
        ].map(\.shape)
        precondition(
            shapes.allSatisfy { $0 == [tensor.shape.channels] },
            "batch norm of \(tensor.shape) with \(shapes)")
    }
}
