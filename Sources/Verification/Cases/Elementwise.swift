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
        } + arithmetic(shapes) + rowSums(size)
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
        } bounds: { evidence in
            ["output": evidence.after.output.map { activation.error(atOutput: $0) }]
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
        } bounds: { evidence in
            // Of g·(1 − y²): one rounding of y² and of the difference, one of the product.
            let bounds = zip(evidence.before.outputGradient, evidence.before.output).map { g, y in
                switch activation {
                case .identity: 0.0
                case .leakyReLU: 2 * Rounding.unit * abs(g)
                case .tanh: 2 * Rounding.unit * abs(g) * (y * y + 2 * abs(1 - y * y))
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
        } bounds: { evidence in
            let (before, kept) = (evidence.before, evidence.before.destination)
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
            } bounds: { evidence in
                ["output": try evidence.sums("output", length: shape.rows)]
            }
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
        case .leakyReLU: 2 * Rounding.unit * abs(y)
        case .tanh: (Rounding.hyperbolicTangent + Rounding.unit) * abs(y)
        }
    }
}
