import CVectorLoops
import Tensors

extension BLASBackend {
    public func activate(_ input: Tensor, _ activation: Activation, into output: Tensor) throws {
        checkSameShape(input, output, "activation")
        let (x, y) = (input.floats, output.floats)
        overElements(input.count) { range in
            let start = range.lowerBound
            vector_activate(x + start, y + start, range.count, activation.vector)
        }
    }

    public func activationGradient(
        of outputGradient: Tensor, output: Tensor, _ activation: Activation,
        into inputGradient: Tensor
    ) throws {
        checkSameShape(outputGradient, output, "activation gradient")
        checkSameShape(outputGradient, inputGradient, "activation gradient")
        let (g, y, result) = (outputGradient.floats, output.floats, inputGradient.floats)
        overElements(output.count) { range in
            let start = range.lowerBound
            vector_activation_gradient(
                g + start, y + start, result + start, range.count, activation.vector)
        }
    }

    public func scaleAdd(
        _ alpha: Float, _ source: Tensor, _ beta: Float, into destination: Tensor
    ) throws {
        checkSameShape(source, destination, "scaled sum")
        let (x, y) = (source.floats, destination.floats)
        overElements(source.count) { range in
            vector_scale_add(
                alpha, x + range.lowerBound, beta, y + range.lowerBound, range.count)
        }
    }

    public func multiplyAdd(
        _ alpha: Float, _ left: Tensor, _ right: Tensor, _ beta: Float, into destination: Tensor
    ) throws {
        checkSameShape(left, right, "product of elements")
        checkSameShape(left, destination, "product of elements")
        let (x, y, result) = (left.floats, right.floats, destination.floats)
        overElements(left.count) { range in
            let start = range.lowerBound
            vector_multiply_add(alpha, x + start, y + start, beta, result + start, range.count)
        }
    }

    public func divideAdd(
        _ alpha: Float, _ numerator: Tensor, _ denominator: Tensor, epsilon: Float, _ beta: Float,
        into destination: Tensor
    ) throws {
        checkSameShape(numerator, denominator, "quotient of elements")
        checkSameShape(numerator, destination, "quotient of elements")
        let (x, y, result) = (numerator.floats, denominator.floats, destination.floats)
        overElements(numerator.count) { range in
            let start = range.lowerBound
            vector_divide_add(
                alpha, x + start, y + start, epsilon, beta, result + start, range.count)
        }
    }

    public func squareRoot(_ input: Tensor, into output: Tensor) throws {
        checkSameShape(input, output, "square root")
        let (x, y) = (input.floats, output.floats)
        overElements(input.count) { range in
            vector_square_root(x + range.lowerBound, y + range.lowerBound, range.count)
        }
    }

    public func signum(_ input: Tensor, into output: Tensor) throws {
        checkSameShape(input, output, "sign")
        let (x, y) = (input.floats, output.floats)
        overElements(input.count) { range in
            vector_signum(x + range.lowerBound, y + range.lowerBound, range.count)
        }
    }

    public func sumRows(_ input: Tensor, into output: Tensor) throws {
        let (rows, channels) = (input.shape.rows, input.shape.channels)
        precondition(
            output.shape == [channels], "row sum of \(input.shape) into \(output.shape)")
        let (x, sums) = (input.floats, output.floats)
        let parts = partition(rows, work: channels)
        try withScratch(parts.count * 2 * channels, of: Double.self) { memory in
            threads.run(parts.count) { part in
                let partial = memory + part * 2 * channels
                partial.update(repeating: 0, count: channels)
                (partial + channels).withMemoryRebound(to: Float.self, capacity: channels) {
                    vector_sum_rows(
                        x + parts[part].lowerBound * channels, parts[part].count, channels,
                        partial, $0)
                }
            }
            alone {
                for c in 0..<channels {
                    sums[c] = Float(
                        (0..<parts.count).reduce(0) { $0 + memory[$1 * 2 * channels + c] })
                }
            }
        }
    }

    public func scaleColumns(_ input: Tensor, by scale: Tensor, into output: Tensor) throws {
        checkSameShape(input, output, "scaled columns")
        let (rows, channels) = (input.shape.rows, input.shape.channels)
        precondition(scale.shape == [channels], "columns of \(input.shape) by \(scale.shape)")
        let (x, factors, y) = (input.floats, scale.floats, output.floats)
        parallelFor(rows, work: channels) { _, range in
            let start = range.lowerBound * channels
            vector_scale_columns(x + start, factors, y + start, range.count, channels)
        }
    }

    public func sumRowProducts(_ left: Tensor, _ right: Tensor, into output: Tensor) throws {
        checkSameShape(left, right, "row products")
        let (rows, channels) = (left.shape.rows, left.shape.channels)
        precondition(
            output.shape == [channels], "row products of \(left.shape) into \(output.shape)")
        let (x, y, result) = (left.floats, right.floats, output.floats)
        try withScratch(channels, of: Double.self) { sums in
            alone {
                sums.update(repeating: 0, count: channels)
                vector_sum_row_products(x, y, rows, channels, sums)
                for c in 0..<channels { result[c] = Float(sums[c]) }
            }
        }
    }

    public func dropout(
        _ input: Tensor, probability: Float, key: UInt64, into output: Tensor
    ) throws {
        checkSameShape(input, output, "dropout")
        let (x, y) = (input.floats, output.floats)
        overElements(input.count) { range in
            let start = range.lowerBound
            vector_dropout(
                x + start, y + start, start, range.count, key, probability, 1 / (1 - probability))
        }
    }
}
