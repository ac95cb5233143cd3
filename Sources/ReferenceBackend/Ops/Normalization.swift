import Tensors

extension ReferenceBackend {
    public func batchStatistics(
        of input: Tensor, updating parameters: BatchNormParameters,
        into statistics: BatchStatistics
    ) throws {
        let (rows, channels) = (input.shape.rows, input.shape.channels)
        precondition(rows > 1, "batch statistics of the single row \(input.shape)")
        checkChannels(of: input, parameters, statistics)
        let (x, momentum) = (input.elements, Double(parameters.momentum))
        let (runningMean, runningVariance) = (
            parameters.runningMean.elements, parameters.runningVariance.elements
        )
        for c in 0..<channels {
            let column = (0..<rows).lazy.map { x[$0 * channels + c] }
            let mean = column.reduce(0, +) / Double(rows)
            let squares = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            let variance = squares / Double(rows)
            statistics.mean.elements[c] = mean
            statistics.inverseDeviation.elements[c] =
                1 / (variance + Double(parameters.epsilon)).squareRoot()
            runningMean[c] += momentum * (mean - runningMean[c])
            runningVariance[c] += momentum * (squares / Double(rows - 1) - runningVariance[c])
        }
    }

    public func runningStatistics(
        of parameters: BatchNormParameters, into statistics: BatchStatistics
    ) throws {
        checkChannels(of: parameters.scale, parameters, statistics)
        for c in 0..<parameters.scale.count {
            let variance = parameters.runningVariance.elements[c]
            statistics.mean.elements[c] = parameters.runningMean.elements[c]
            statistics.inverseDeviation.elements[c] =
                1 / (variance + Double(parameters.epsilon)).squareRoot()
        }
    }

    public func batchNorm(
        _ input: Tensor, _ parameters: BatchNormParameters, _ statistics: BatchStatistics,
        _ activation: Activation, into output: Tensor
    ) throws {
        checkSameShape(input, output, "batch norm")
        checkChannels(of: input, parameters, statistics)
        let (x, y, channels) = (input.elements, output.elements, input.shape.channels)
        let (scale, shift) = (parameters.scale.elements, parameters.shift.elements)
        let normalize = statistics.normalization
        for index in 0..<input.count {
            let c = index % channels
            y[index] = activation(scale[c] * normalize(x[index], c) + shift[c])
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
        checkChannels(of: input, parameters, statistics)
        let (rows, channels) = (input.shape.rows, input.shape.channels)
        let (g, x, result) = (outputGradient.elements, input.elements, inputGradient.elements)
        let (scale, shift) = (parameters.scale.elements, parameters.shift.elements)
        let normalize = statistics.normalization
        for c in 0..<channels {
            /// The gradient in front of the activation, and the normalised input.
            func terms(_ row: Int) -> (gradient: Double, normalized: Double) {
                let normalized = normalize(x[row * channels + c], c)
                let y = activation(scale[c] * normalized + shift[c])
                return (g[row * channels + c] * activation.slope(atOutput: y), normalized)
            }
            let shiftSum = (0..<rows).reduce(0) { $0 + terms($1).gradient }
            let scaleSum = (0..<rows).reduce(0) {
                let (gradient, normalized) = terms($1)
                return $0 + gradient * normalized
            }
            for row in 0..<rows {
                let (gradient, normalized) = terms(row)
                result[row * channels + c] =
                    scale[c] * statistics.inverseDeviation.elements[c]
                    * (gradient - (shiftSum + normalized * scaleSum) / Double(rows))
            }
            scaleGradient.elements[c] = scaleSum
            shiftGradient.elements[c] = shiftSum
        }
    }

    public func normalizeRows(_ input: Tensor, into output: Tensor, norms: Tensor) throws {
        checkSameShape(input, output, "row normalization")
        precondition(
            input.shape.rank == 2 && norms.shape == [input.shape[0]],
            "norms of \(input.shape) into \(norms.shape)")
        let (x, y, columns) = (input.elements, output.elements, input.shape[1])
        for row in 0..<input.shape[0] {
            let range = row * columns..<(row + 1) * columns
            let squares = range.reduce(0) { $0 + x[$1] * x[$1] }
            let norm = max(squares.squareRoot(), Double(Self.smallestNorm))
            for index in range { y[index] = x[index] / norm }
            norms.elements[row] = norm
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
        let (g, u, result) = (outputGradient.elements, output.elements, inputGradient.elements)
        for row in 0..<output.shape[0] {
            let range = row * output.shape[1]..<(row + 1) * output.shape[1]
            let norm = norms.elements[row]
            let isBound = norm <= Double(Self.smallestNorm)
            let along = isBound ? 0 : range.reduce(0) { $0 + g[$1] * u[$1] }
            for index in range { result[index] = (g[index] - u[index] * along) / norm }
        }
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

extension BatchStatistics {
    /// `(x − mean) · inverseDeviation` of a channel.
    fileprivate var normalization: (_ x: Double, _ channel: Int) -> Double {
        let (mean, inverseDeviation) = (mean.elements, inverseDeviation.elements)
        return { x, channel in (x - mean[channel]) * inverseDeviation[channel] }
    }
}
