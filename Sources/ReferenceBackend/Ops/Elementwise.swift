import Foundation
import Randomness
import Tensors

extension ReferenceBackend {
    public func activate(_ input: Tensor, _ activation: Activation, into output: Tensor) throws {
        checkSameShape(input, output, "activation")
        let (x, y) = (input.elements, output.elements)
        for index in 0..<input.count { y[index] = activation(x[index]) }
    }

    public func activationGradient(
        of outputGradient: Tensor, output: Tensor, _ activation: Activation,
        into inputGradient: Tensor
    ) throws {
        checkSameShape(outputGradient, output, "activation gradient")
        checkSameShape(outputGradient, inputGradient, "activation gradient")
        let (g, y, result) = (outputGradient.elements, output.elements, inputGradient.elements)
        for index in 0..<output.count {
            result[index] = g[index] * activation.slope(atOutput: y[index])
        }
    }

    public func scaleAdd(
        _ alpha: Float, _ source: Tensor, _ beta: Float, into destination: Tensor
    ) throws {
        checkSameShape(source, destination, "scaled sum")
        let (x, y) = (source.elements, destination.elements)
        for index in 0..<source.count {
            let kept = beta == 0 ? 0 : Double(beta) * y[index]
            y[index] = Double(alpha) * x[index] + kept
        }
    }

    public func multiplyAdd(
        _ alpha: Float, _ left: Tensor, _ right: Tensor, _ beta: Float, into destination: Tensor
    ) throws {
        checkSameShape(left, right, "product of elements")
        checkSameShape(left, destination, "product of elements")
        let (x, y, result) = (left.elements, right.elements, destination.elements)
        for index in 0..<left.count {
            let kept = beta == 0 ? 0 : Double(beta) * result[index]
            result[index] = Double(alpha) * x[index] * y[index] + kept
        }
    }

    public func divideAdd(
        _ alpha: Float, _ numerator: Tensor, _ denominator: Tensor, epsilon: Float, _ beta: Float,
        into destination: Tensor
    ) throws {
        checkSameShape(numerator, denominator, "quotient of elements")
        checkSameShape(numerator, destination, "quotient of elements")
        let (x, y, result) = (numerator.elements, denominator.elements, destination.elements)
        for index in 0..<numerator.count {
            let kept = beta == 0 ? 0 : Double(beta) * result[index]
            result[index] = Double(alpha) * x[index] / (y[index] + Double(epsilon)) + kept
        }
    }

    public func squareRoot(_ input: Tensor, into output: Tensor) throws {
        checkSameShape(input, output, "square root")
        let (x, y) = (input.elements, output.elements)
        for index in 0..<input.count { y[index] = x[index].squareRoot() }
    }

    public func signum(_ input: Tensor, into output: Tensor) throws {
        checkSameShape(input, output, "sign")
        let (x, y) = (input.elements, output.elements)
        for index in 0..<input.count { y[index] = x[index] > 0 ? 1 : x[index] < 0 ? -1 : x[index] }
    }

    public func sumRows(_ input: Tensor, into output: Tensor) throws {
        precondition(
            output.shape == [input.shape.channels],
            "row sum of \(input.shape) into \(output.shape)")
        let (x, sums, channels) = (input.elements, output.elements, input.shape.channels)
        sums.update(repeating: 0)
        for index in 0..<input.count { sums[index % channels] += x[index] }
    }

    public func scaleColumns(_ input: Tensor, by scale: Tensor, into output: Tensor) throws {
        checkSameShape(input, output, "scaled columns")
        let (x, factors, y) = (input.elements, scale.elements, output.elements)
        for index in 0..<input.count { y[index] = x[index] * factors[index % scale.count] }
    }

    public func sumRowProducts(_ left: Tensor, _ right: Tensor, into output: Tensor) throws {
        checkSameShape(left, right, "row sum of products")
        let (x, y, sums) = (left.elements, right.elements, output.elements)
        sums.update(repeating: 0)
        for index in 0..<left.count { sums[index % output.count] += x[index] * y[index] }
    }

    public func dropout(
        _ input: Tensor, probability: Float, key: UInt64, into output: Tensor
    ) throws {
        checkSameShape(input, output, "dropout")
        let (x, y, source) = (input.elements, output.elements, RandomSource(key: key))
        for index in 0..<input.count {
            let isDropped = source.uniform(index) < probability
            y[index] = isDropped ? 0 : x[index] / Double(1 - probability)
        }
    }

    func checkSameShape(_ one: Tensor, _ other: Tensor, _ operation: String) {
        precondition(
            one.shape == other.shape, "\(operation): \(one.shape) is not \(other.shape)")
    }
}

extension Activation {
    func callAsFunction(_ x: Double) -> Double {
        switch self {
        case .identity: x
        case .leakyReLU(let slope): x > 0 ? x : Double(slope) * x
        case .tanh: Foundation.tanh(x)
        }
    }

    /// The derivative, from the activation's output.
    func slope(atOutput y: Double) -> Double {
        switch self {
        case .identity: 1
        case .leakyReLU(let slope): y > 0 ? 1 : Double(slope)
        case .tanh: 1 - y * y
        }
    }
}
