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

    public func sumRows(_ input: Tensor, into output: Tensor) throws {
        let (rows, channels) = (input.shape.rows, input.shape.channels)
        precondition(
            output.shape == [channels], "row sum of \(input.shape) into \(output.shape)")
        let (x, sums) = (input.floats, output.floats)
        let parts = parts(of: rows, work: channels)
        try scratch.lend(parts.count * 2 * channels, of: Double.self) { memory in
            threads.run(parts.count) { part in
                let partial = memory + part * 2 * channels
                partial.update(repeating: 0, count: channels)
                (partial + channels).withMemoryRebound(to: Float.self, capacity: channels) {
                    vector_sum_rows(
                        x + parts[part].lowerBound * channels, parts[part].count, channels,
                        partial, $0)
                }
            }
            for c in 0..<channels {
                sums[c] = Float(
                    (0..<parts.count).reduce(0) { $0 + memory[$1 * 2 * channels + c] })
            }
        }
    }
}
