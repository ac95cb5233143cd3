import Tensors

extension OperationCatalog {
    static func matrix(_ size: Size) -> [OperationCase] {
        let transposes = [(false, false), (false, true), (true, false), (true, true)]
        // Each extent on both sides of a tile while the others are odd; transposes take turns.
        var cases = extents(size).enumerated().flatMap { index, extent in
            [[extent, 17, 33], [33, extent, 17], [17, 33, extent]].enumerated().map { axis, e in
                let (left, right) = transposes[(index + axis) % 4]
                return product(e[0], e[1], e[2], left, right, hasBias: index.isMultiple(of: 2))
            }
        }
        let shapes: [(Int, Int, Int)] =
            switch size {
            case .small: [(2, 5, 3), (10, 17, 33)]
            case .full:
                [
                    (1, 1, 1), (2, 5, 3), (9, 17, 33), (31, 65, 64), (32, 32, 32), (33, 31, 129),
                    (64, 128, 64), (65, 127, 63), (129, 64, 65), (128, 200, 10), (1, 1024, 10),
                    (128, 512, 100), (257, 255, 130),
                ]
            }
        for (m, k, n) in shapes {
            for (left, right) in transposes {
                cases.append(product(m, k, n, left, right, hasBias: left == right))
            }
        }
        if size == .full { cases.append(product(256, 1152, 256, false, false, hasBias: true)) }
        return cases
    }

    private static func product(
        _ m: Int, _ k: Int, _ n: Int, _ left: Bool, _ right: Bool, hasBias: Bool
    ) -> OperationCase {
        OperationCase(
            "matrix/multiply",
            "\(m)×\(k)\(left ? "ᵀ" : "") · \(k)×\(n)\(right ? "ᵀ" : "")\(hasBias ? " + bias" : "")"
        ) {
            [
                .source("left", left ? [k, m] : [m, k]),
                .source("right", right ? [n, k] : [k, n]),
                .source("bias", [n]), .result("output", [m, n]),
            ]
        } body: { backend, t in
            try backend.multiply(
                MatrixFactor(t.left, isTransposed: left),
                MatrixFactor(t.right, isTransposed: right),
                bias: hasBias ? t.bias : nil, into: t.output)
        } bounds: { data in
            ["output": try data.sums("output", length: k + (hasBias ? 1 : 0))]
        }
    }
}
