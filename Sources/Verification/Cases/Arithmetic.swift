import Tensors

extension OperationCatalog {
    /// Products, quotients, roots and signs of elements, of which optimizers are made.
    static func arithmetic(_ shapes: [Shape]) -> [OperationCase] {
        shapes.flatMap { shape in
            Placement.allCases.flatMap { placement in
                [(1, 0), (-0.3, 0.7)].flatMap { alpha, beta in
                    [
                        multiplyAdd(shape, alpha, beta, placement),
                        divideAdd(shape, alpha, epsilon: 1e-3, beta, placement),
                    ]
                }
            }
                + [false, true].flatMap { inPlace in
                    [squareRoot(shape, inPlace: inPlace), signum(shape, inPlace: inPlace)]
                }
        }
    }

    /// Which source of an operation is its destination, too.
    private enum Placement: String, CaseIterable {
        case apart = ""
        case left = ", into the left"
        case right = ", into the right"
        /// The square, or the quotient by itself.
        case both = ", all one"

        /// Both sources and the destination, each with elements in `range` if it is read.
        func operands(_ shape: Shape, in range: ClosedRange<Float>, reads: Bool) -> [Operand] {
            let isRead = reads || self != .apart
            return [
                .source("left", shape, in: range), .source("right", shape, in: range),
                isRead
                    ? .updated("destination", shape, in: range) : .result("destination", shape),
            ]
        }

        func left<Value>(_ values: NamedOperands<Value>) -> Value {
            self == .left || self == .both ? values.destination : values.left
        }

        func right<Value>(_ values: NamedOperands<Value>) -> Value {
            self == .right || self == .both ? values.destination : values.right
        }
    }

    private static func multiplyAdd(
        _ shape: Shape, _ alpha: Float, _ beta: Float, _ placement: Placement
    ) -> OperationCase {
        OperationCase(
            "elementwise/multiply and add",
            "\(alpha) · x · y + \(beta) · z, \(shape)\(placement.rawValue)"
        ) {
            placement.operands(shape, in: -1...1, reads: beta != 0)
        } body: { backend, t in
            try backend.multiplyAdd(
                alpha, placement.left(t), placement.right(t), beta, into: t.destination)
        } bounds: { data in
            let (x, y) = (placement.left(data.before), placement.right(data.before))
            // Two products, the third and the sum.
            let bounds = x.indices.map { index in
                let kept = beta == 0 ? 0 : Double(beta) * data.before.destination[index]
                return Rounding.sum(
                    of: 2, magnitude: abs(Double(alpha) * x[index] * y[index]) + abs(kept))
            }
            return ["destination": bounds]
        }
    }

    private static func divideAdd(
        _ shape: Shape, _ alpha: Float, epsilon: Float, _ beta: Float, _ placement: Placement
    ) -> OperationCase {
        OperationCase(
            "elementwise/divide and add",
            "\(alpha) · x / (y + \(epsilon)) + \(beta) · z, \(shape)\(placement.rawValue)"
        ) {
            // Positive, as roots are: no denominator cancels.
            placement.operands(shape, in: 0...2, reads: beta != 0)
        } body: { backend, t in
            try backend.divideAdd(
                alpha, placement.left(t), placement.right(t), epsilon: epsilon, beta,
                into: t.destination)
        } bounds: { data in
            let (x, y) = (placement.left(data.before), placement.right(data.before))
            // A sum, the quotient and two products of one term, and the last sum.
            let bounds = x.indices.map { index in
                let kept = beta == 0 ? 0 : Double(beta) * data.before.destination[index]
                let quotient = abs(Double(alpha) * x[index] / (y[index] + Double(epsilon)))
                return Rounding.division * quotient
                    + Rounding.sum(of: 2, magnitude: quotient + abs(kept))
            }
            return ["destination": bounds]
        }
    }

    private static func squareRoot(_ shape: Shape, inPlace: Bool) -> OperationCase {
        OperationCase("elementwise/square root", "\(shape)\(inPlace ? " in place" : "")") {
            [
                .source("input", shape, in: 0...4),
                inPlace ? .updated("output", shape, in: 0...4) : .result("output", shape),
            ]
        } body: { backend, t in
            try backend.squareRoot(inPlace ? t.output : t.input, into: t.output)
        } bounds: { data in
            ["output": data.after.output.map { Rounding.squareRoot * $0 }]
        }
    }

    private static func signum(_ shape: Shape, inPlace: Bool) -> OperationCase {
        OperationCase("elementwise/signum", "\(shape)\(inPlace ? " in place" : "")") {
            let special: [Float] = [0.25, 0, -0.0, .nan, -3, .infinity, -.infinity, 1e-30]
            let values = (0..<shape.count).map { special[$0 % special.count] }
            return [
                .source("input", shape, values),
                inPlace ? .updated("output", shape, values) : .result("output", shape),
            ]
        } body: { backend, t in
            try backend.signum(inPlace ? t.output : t.input, into: t.output)
        } bounds: { data in
            ["output": data.exactly("output")]
        }
    }
}
