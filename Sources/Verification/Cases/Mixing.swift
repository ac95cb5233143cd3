import Randomness
import Tensors

extension OperationCatalog {
    /// What rules do to scores and blocks to samples: column scales, dropout, one-hot rows.
    static func mixing(_ size: Size) -> [OperationCase] {
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
        } + [(1, 2), (9, 10), (128, 10), (33, 200)].map { oneHot($0, $1) }
    }

    private static func scaleColumns(_ shape: Shape, inPlace: Bool) -> OperationCase {
        OperationCase("elementwise/scale columns", "\(shape)\(inPlace ? " in place" : "")") {
            [
                .source("scale", [shape.channels]),
                inPlace ? .updated("output", shape) : .result("output", shape),
            ] + (inPlace ? [] : [.source("input", shape)])
        } body: { backend, t in
            try backend.scaleColumns(inPlace ? t.output : t.input, by: t.scale, into: t.output)
        } bounds: { evidence in
            ["output": evidence.after.output.map { Rounding.unit * abs($0) }]
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
        } bounds: { evidence in
            ["output": try evidence.sums("output", length: shape.rows)]
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
        } bounds: { evidence in
            // Of 1 / (1 − p) the difference and the quotient round, then the product: where 1 − p
            // is small against p, its error is the larger by that ratio.
            let relative = (3 + 1 / Double(1 - probability)) * Rounding.unit
            return ["output": evidence.after.output.map { relative * abs($0) }]
        }
    }

    private static func oneHot(_ batch: Int, _ classes: Int) -> OperationCase {
        OperationCase("loss/one-hot", "[\(batch), \(classes)]") {
            let labels = RandomSource(seed: 0, stream: "one-hot").uniforms(batch)
                .map { Int32($0 * Float(classes)) }
            return [
                Operand(
                    name: "labels", shape: [batch], role: .source, content: .integers(labels)),
                .result("output", [batch, classes]),
            ]
        } body: { backend, t in
            try backend.oneHot(t.labels, value: 0.7, into: t.output)
        } bounds: { evidence in
            ["output": evidence.exactly("output")]
        }
    }
}
