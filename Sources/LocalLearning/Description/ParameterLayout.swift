import Randomness
import Tensors

/// How a tensor of this package lies in files, which keep PyTorch's order.
public enum ParameterLayout: Sendable, Hashable {
    /// The same order on both sides.
    case plain
    /// `[kernelHeight, kernelWidth, in, out]` here, `[out, in, kernelHeight, kernelWidth]` in files.
    case convolution
    /// `[in, out]` here, `[out, in]` in files.
    case linear
    /// `[classes, height, width, channels]` here, `[classes, channels, height, width]` in files.
    case projection

    /// The shape in files of a tensor shaped `shape` here.
    package func fileShape(_ shape: Shape) -> Shape {
        switch self {
        case .plain: shape
        case .convolution: [shape[3], shape[2], shape[0], shape[1]]
        case .linear: [shape[1], shape[0]]
        case .projection: [shape[0], shape[3], shape[1], shape[2]]
        }
    }

    /// Elements in file order, from elements in the order used here.
    package func toFile(_ values: [Float], _ shape: Shape) -> [Float] {
        transposed(values, shape) { file, here in (file, here) }
    }

    /// Elements in the order used here, from elements in file order.
    package func fromFile(_ values: [Float], _ shape: Shape) -> [Float] {
        transposed(values, shape) { file, here in (here, file) }
    }

    /// Both non-plain layouts move `out` from last to first, and a convolution's `in` before its
    /// taps: `[taps, in, out]` ↔ `[out, in, taps]`.
    private func transposed(
        _ values: [Float], _ shape: Shape, _ direction: (Int, Int) -> (to: Int, from: Int)
    ) -> [Float] {
        let (taps, inputs, outputs): (Int, Int, Int)
        var result = values
        switch self {
        case .plain: return values
        case .convolution, .linear:
            (inputs, outputs) = (shape[shape.rank - 2], shape.channels)
            taps = shape.count / (outputs * inputs)
        case .projection:
            // Every class by itself: `[pixels, channels]` ↔ `[channels, pixels]`.
            (inputs, outputs) = (shape[1] * shape[2], shape.channels)
            let size = inputs * outputs
            let matrix: Shape = [inputs, outputs]
            for start in stride(from: 0, to: shape.count, by: size) {
                result.replaceSubrange(
                    start..<(start + size),
                    with: ParameterLayout.linear.transposed(
                        Array(values[start..<(start + size)]), matrix, direction))
            }
            return result
        }
        for tap in 0..<taps {
            for input in 0..<inputs {
                for output in 0..<outputs {
                    let (to, from) = direction(
                        (output * inputs + input) * taps + tap,
                        (tap * inputs + input) * outputs + output)
                    result[to] = values[from]
                }
            }
        }
        return result
    }
}

/// The values of a parameter before training.
public enum InitialValue: Sendable, Hashable {
    /// All elements are this.
    case constant(Float)
    /// Uniform in ±bound.
    case uniform(bound: Float)
    /// Uniform from 0 to this.
    case positive(Float)
    /// Normal with this deviation, around 0.
    case normal(deviation: Float)

    /// Elements in file order, from the stream `name` of `seed`.
    func values(_ count: Int, seed: UInt64, name: String) -> [Float] {
        let source = RandomSource(seed: seed, stream: name)
        switch self {
        case .constant(let value): return Array(repeating: value, count: count)
        case .uniform(let bound): return source.uniforms(count).map { bound * (2 * $0 - 1) }
        case .positive(let bound): return source.uniforms(count).map { bound * $0 }
        case .normal(let deviation): return (0..<count).map { deviation * source.normal($0) }
        }
    }
}
