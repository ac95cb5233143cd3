import Foundation
import ONNX

/// Runs a graph by naive loops, as the specification of ONNX's operators says, for the few of them that
/// models of ours have. Images are `[batch, channels, height, width]`.
struct Interpreter {
    struct Value {
        var numbers: [Double]
        var shape: [Int]
    }

    struct Unknown: Error { let kind: String }

    let graph: GraphOutline

    func run(_ input: Value) throws -> Value {
        var values = graph.constants.mapValues {
            Value(numbers: $0.values.map(Double.init), shape: $0.shape)
        }
        values[graph.inputs[0]] = input
        for node in graph.nodes {
            let inputs = try node.inputs.map { name in
                guard let value = values[name] else { throw Unknown(kind: "value \(name)") }
                return value
            }
            values[node.output] = try apply(node, inputs)
        }
        guard let output = values[graph.outputs[0]] else { throw Unknown(kind: "output") }
        return output
    }

    private func apply(_ node: GraphOutline.Node, _ inputs: [Value]) throws -> Value {
        let x = inputs[0]
        func list(_ name: String) -> [Int] { node.attributes[name, default: []].map { Int($0) } }
        func map(_ body: (Double) -> Double) -> Value {
            Value(numbers: x.numbers.map(body), shape: x.shape)
        }
        switch node.kind {
        case "Cast": return x
        case "Relu": return map { max($0, 0) }
        case "LeakyRelu":
            let alpha = node.attributes["alpha"]?.first ?? 0.01
            return map { $0 > 0 ? $0 : alpha * $0 }
        case "Tanh": return map { tanh($0) }
        case "Add": return pairs(x, inputs[1], +)
        case "Sub": return perChannel(x, inputs[1], -)
        case "Div": return perChannel(x, inputs[1], /)
        case "Flatten":
            return Value(numbers: x.numbers, shape: [x.shape[0], x.shape.dropFirst().reduce(1, *)])
        case "Transpose": return transpose(x, list("perm"))
        case "Gemm": return gemm(x, inputs[1], inputs.count > 2 ? inputs[2] : nil)
        case "MatMul": return multiply(x, inputs[1])
        case "Conv":
            return convolve(
                x, inputs[1], inputs.count > 2 ? inputs[2] : nil, stride: list("strides")[0],
                padding: list("pads")[0], groups: list("group")[0])
        case "BatchNormalization":
            let epsilon = node.attributes["epsilon"]?.first ?? 1e-5
            return channels(x) { channel, value in
                (value - inputs[3].numbers[channel])
                    / (inputs[4].numbers[channel] + epsilon).squareRoot()
                    * inputs[1].numbers[channel]
                    + inputs[2].numbers[channel]
            }
        case "MaxPool": return pool(x, list("kernel_shape")) { $0.max() ?? .nan }
        case "AveragePool":
            return pool(x, list("kernel_shape")) { $0.reduce(0, +) / Double($0.count) }
        case "GlobalAveragePool":
            return pool(x, Array(x.shape.suffix(2))) { $0.reduce(0, +) / Double($0.count) }
        case "Softmax":
            var result = x
            let classes = x.shape[1]
            for row in stride(from: 0, to: x.numbers.count, by: classes) {
                let powers = x.numbers[row..<(row + classes)].map { exp($0) }
                let sum = powers.reduce(0, +)
                result.numbers.replaceSubrange(row..<(row + classes), with: powers.map { $0 / sum })
            }
            return result
        default: throw Unknown(kind: node.kind)
        }
    }

    private func pairs(_ a: Value, _ b: Value, _ body: (Double, Double) -> Double) -> Value {
        Value(numbers: zip(a.numbers, b.numbers).map(body), shape: a.shape)
    }

    /// The number of its channel, and a value.
    private func channels(_ x: Value, _ body: (Int, Double) -> Double) -> Value {
        let size = x.shape.dropFirst(2).reduce(1, *)
        return Value(
            numbers: x.numbers.enumerated().map { body($0 / size % x.shape[1], $1) },
            shape: x.shape)
    }

    private func perChannel(
        _ x: Value, _ constants: Value, _ body: (Double, Double) -> Double
    ) -> Value { channels(x) { body($1, constants.numbers[$0]) } }

    private func transpose(_ x: Value, _ order: [Int]) -> Value {
        var strides = [Int](repeating: 1, count: 4)
        for axis in [2, 1, 0] { strides[axis] = strides[axis + 1] * x.shape[axis + 1] }
        let shape = order.map { x.shape[$0] }
        let steps = order.map { strides[$0] }
        var numbers: [Double] = []
        for a in 0..<shape[0] {
            for b in 0..<shape[1] {
                for c in 0..<shape[2] {
                    for d in 0..<shape[3] {
                        numbers.append(
                            x.numbers[a * steps[0] + b * steps[1] + c * steps[2] + d * steps[3]])
                    }
                }
            }
        }
        return Value(numbers: numbers, shape: shape)
    }

    /// `x · wᵀ + b`.
    private func gemm(_ x: Value, _ weights: Value, _ bias: Value?) -> Value {
        let (outputs, inputs) = (weights.shape[0], weights.shape[1])
        var numbers: [Double] = []
        for row in 0..<x.shape[0] {
            for output in 0..<outputs {
                var sum = bias?.numbers[output] ?? 0
                for input in 0..<inputs {
                    sum +=
                        x.numbers[row * inputs + input] * weights.numbers[output * inputs + input]
                }
                numbers.append(sum)
            }
        }
        return Value(numbers: numbers, shape: [x.shape[0], outputs])
    }

    /// A matrix and the matrices of a batch, either way round.
    private func multiply(_ a: Value, _ b: Value) -> Value {
        let (rows, inner) = (a.shape[a.shape.count - 2], a.shape[a.shape.count - 1])
        let columns = b.shape[b.shape.count - 1]
        let outer = Array((a.shape.count > 2 ? a : b).shape.prefix(2))
        var numbers: [Double] = []
        for index in 0..<outer.reduce(1, *) {
            let left = a.shape.count > 2 ? index * rows * inner : 0
            let right = b.shape.count > 2 ? index * inner * columns : 0
            for row in 0..<rows {
                for column in 0..<columns {
                    numbers.append(
                        (0..<inner).reduce(0) { sum, at in
                            sum + a.numbers[left + row * inner + at]
                                * b.numbers[right + at * columns + column]
                        })
                }
            }
        }
        return Value(numbers: numbers, shape: outer + [rows, columns])
    }

    private func convolve(
        _ x: Value, _ weights: Value, _ bias: Value?, stride: Int, padding: Int, groups: Int
    ) -> Value {
        let (height, width) = (x.shape[2], x.shape[3])
        let (outputs, inputs) = (weights.shape[0], weights.shape[1])
        let (tall, wide) = (weights.shape[2], weights.shape[3])
        let rows = (height + 2 * padding - tall) / stride + 1
        let columns = (width + 2 * padding - wide) / stride + 1
        var numbers: [Double] = []
        for image in 0..<x.shape[0] {
            for output in 0..<outputs {
                let first = output / (outputs / groups) * inputs
                for row in 0..<rows {
                    for column in 0..<columns {
                        var sum = bias?.numbers[output] ?? 0
                        for input in 0..<inputs {
                            for y in 0..<tall {
                                let top = row * stride + y - padding
                                guard (0..<height).contains(top) else { continue }
                                for z in 0..<wide {
                                    let left = column * stride + z - padding
                                    guard (0..<width).contains(left) else { continue }
                                    let plane = image * x.shape[1] + first + input
                                    sum +=
                                        x.numbers[(plane * height + top) * width + left]
                                        * weights.numbers[
                                            ((output * inputs + input) * tall + y) * wide + z]
                                }
                            }
                        }
                        numbers.append(sum)
                    }
                }
            }
        }
        return Value(numbers: numbers, shape: [x.shape[0], outputs, rows, columns])
    }

    private func pool(_ x: Value, _ window: [Int], _ body: ([Double]) -> Double) -> Value {
        let (height, width) = (x.shape[2], x.shape[3])
        let (rows, columns) = (height / window[0], width / window[1])
        var numbers: [Double] = []
        for plane in 0..<(x.shape[0] * x.shape[1]) {
            for row in 0..<rows {
                for column in 0..<columns {
                    var elements: [Double] = []
                    for y in 0..<window[0] {
                        let start = (plane * height + row * window[0] + y) * width
                        elements +=
                            x.numbers[
                                (start + column * window[1])..<(start + (column + 1) * window[1])]
                    }
                    numbers.append(body(elements))
                }
            }
        }
        return Value(numbers: numbers, shape: [x.shape[0], x.shape[1], rows, columns])
    }
}
