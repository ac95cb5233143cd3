import Randomness
import Tensors

extension OperationCatalog {
    static func elementwise(_ size: Size) -> [OperationCase] {
        let shapes: [Shape] =
            switch size {
            case .small: [[9]]
            case .full: extents(size).map { [$0] } + [[2, 9, 7, 33], [100_003]]
            }
        return shapes.flatMap { shape in
            activations.flatMap {
                [
                    activate(shape, $0, inPlace: false), activate(shape, $0, inPlace: true),
                    activationGradient(shape, $0, into: "inputGradient"),
                    activationGradient(shape, $0, into: "outputGradient"),
                    activationGradient(shape, $0, into: "output"),
                ]
            } + [(1, 0), (1, 1), (-0.3, 0.7), (2.5, 0)].map { scaleAdd(shape, $0, $1) } + [
                scaleAdd(shape, -0.3, 0.7, inPlace: true)
            ]
        } + arithmetic(shapes) + rowSums(size) + columnOperations(size)
    }

    static let activations: [Activation] = [.identity, .leakyReLU(slope: 0.01), .reLU, .tanh]

    private static func activate(_ shape: Shape, _ activation: Activation, inPlace: Bool)
        -> OperationCase
    {
        OperationCase(
            "elementwise/activate", "\(activation.summary) \(shape)\(inPlace ? " in place" : "")"
        ) {
            [.source("input", shape, in: -4...4)]
                + [
                    inPlace
                        ? .updated("output", shape, in: -4...4)
                        : .result("output", shape)
                ]
        } body: { backend, t in
            try backend.activate(inPlace ? t.output : t.input, activation, into: t.output)
        } bounds: { data in
            ["output": data.after.output.map { activation.error(atOutput: $0) }]
        }
    }

    /// - Parameter destination: the operand that takes the gradient.
    private static func activationGradient(
        _ shape: Shape, _ activation: Activation, into destination: String
    ) -> OperationCase {
        OperationCase(
            "elementwise/activation gradient",
            "\(activation.summary) \(shape) into \(destination)"
        ) {
            ["output", "outputGradient"].map { name in
                name == destination ? .updated(name, shape) : .source(name, shape)
            } + (destination == "inputGradient" ? [.result(destination, shape)] : [])
        } body: { backend, t in
            try backend.activationGradient(
                of: t.outputGradient, output: t.output, activation, into: t[destination])
        } bounds: { data in
            // g·(1 − y²) has one rounding of y² and of the difference, one of the product.
            let bounds = zip(data.before.outputGradient, data.before.output).map { g, y in
                switch activation {
                case .identity: 0.0
                case .leakyReLU: 2 * Rounding.unitRoundoff * abs(g)
                case .tanh: 2 * Rounding.unitRoundoff * abs(g) * (y * y + 2 * abs(1 - y * y))
                }
            }
            return [destination: bounds]
        }
    }

    private static func scaleAdd(
        _ shape: Shape, _ alpha: Float, _ beta: Float, inPlace: Bool = false
    ) -> OperationCase {
        OperationCase(
            "elementwise/scale and add",
            "\(alpha) · x + \(beta) · y, \(shape)\(inPlace ? " in place" : "")"
        ) {
            [
                .source("source", shape),
                beta == 0 ? .result("destination", shape) : .updated("destination", shape),
            ]
        } body: { backend, t in
            try backend.scaleAdd(
                alpha, inPlace ? t.destination : t.source, beta, into: t.destination)
        } bounds: { data in
            let (before, kept) = (data.before, data.before.destination)
            let terms = zip(inPlace ? kept : before.source, kept).map { x, y in
                abs(Double(alpha) * x) + (beta == 0 ? 0 : abs(Double(beta) * y))
            }
            return ["destination": terms.map { Rounding.sum(of: 2, magnitude: $0) }]
        }
    }

    private static func rowSums(_ size: Size) -> [OperationCase] {
        let extents = extents(size)
        let shapes: [Shape] =
            extents.map { [$0, 17] } + extents.map { [34, $0] } + [[2, 3, 3, 5]]
            + (size == .full ? [[1, 1], [4, 28, 28, 32], [2, 16, 16, 130], [2048, 10]] : [])
        return shapes.map { shape in
            OperationCase("elementwise/sum rows", "\(shape)") {
                [.source("input", shape), .result("output", [shape.channels])]
            } body: { backend, t in
                try backend.sumRows(t.input, into: t.output)
            } bounds: { data in
                ["output": try data.sums("output", length: shape.rows)]
            }
        }
    }

    /// Column scales, sums of products and dropout.
    private static func columnOperations(_ size: Size) -> [OperationCase] {
        let extents = extents(size)
        let shapes: [Shape] =
            extents.map { [$0, 17] } + extents.filter { $0 != 17 }.map { [13, $0] }
            + (size == .full ? [[128, 200], [3, 5, 7, 33]] : [])
        return shapes.flatMap { shape in
            [
                scaleColumns(shape, inPlace: false), scaleColumns(shape, inPlace: true),
                rowProducts(shape), dropout(shape, probability: 0.3, inPlace: false),
                dropout(shape, probability: 0.9, inPlace: true),
            ]
        }
    }

    private static func scaleColumns(_ shape: Shape, inPlace: Bool) -> OperationCase {
        OperationCase("elementwise/scale columns", "\(shape)\(inPlace ? " in place" : "")") {
            [
                .source("scale", [shape.channels]),
                inPlace ? .updated("output", shape) : .result("output", shape),
            ] + (inPlace ? [] : [.source("input", shape)])
        } body: { backend, t in
            try backend.scaleColumns(inPlace ? t.output : t.input, by: t.scale, into: t.output)
        } bounds: { data in
            ["output": data.after.output.map { Rounding.unitRoundoff * abs($0) }]
        }
    }

    private static func rowProducts(_ shape: Shape) -> OperationCase {
        OperationCase("elementwise/sum row products", "\(shape)") {
            [
                .source("left", shape), .source("right", shape),
                .result("output", [shape.channels]),
            ]
        } body: { backend, t in
            try backend.sumRowProducts(t.left, t.right, into: t.output)
        } bounds: { data in
            ["output": try data.sums("output", length: shape.rows)]
        }
    }

    private static func dropout(
        _ shape: Shape, probability: Float, inPlace: Bool
    ) -> OperationCase {
        OperationCase(
            "elementwise/dropout", "\(probability), \(shape)\(inPlace ? " in place" : "")"
        ) {
            [inPlace ? .updated("output", shape) : .result("output", shape)]
                + (inPlace ? [] : [.source("input", shape)])
        } body: { backend, t in
            try backend.dropout(
                inPlace ? t.output : t.input, probability: probability,
                key: RandomSource(seed: 3, stream: "dropout").key, into: t.output)
        } bounds: { data in
            // The difference and the quotient of 1 / (1 − p) round, then the product. If 1 − p is
            // small against p, its error is larger by that ratio.
            let relative = (3 + 1 / Double(1 - probability)) * Rounding.unitRoundoff
            return ["output": data.after.output.map { relative * abs($0) }]
        }
    }
}

extension Activation {
    var summary: String {
        switch self {
        case .identity: "identity"
        case .leakyReLU(let slope): "leaky ReLU \(slope)"
        case .tanh: "tanh"
        }
    }

    /// The activation's own error: it has no slope above 1, so its input's error adds unchanged.
    func error(atOutput y: Double) -> Double {
        switch self {
        case .identity: 0
        case .leakyReLU: 2 * Rounding.unitRoundoff * abs(y)
        case .tanh: (Rounding.hyperbolicTangent + Rounding.unitRoundoff) * abs(y)
        }
    }
}
