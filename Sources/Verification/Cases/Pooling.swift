import Randomness
import Tensors

extension OperationCatalog {
    static func pooling(_ size: Size) -> [OperationCase] {
        maxPools(size).flatMap { geometry in
            PoolInput.allCases.flatMap { content in
                [maxPool(geometry, content), maxPoolGradient(geometry, content)]
            }
        } + averagePools(size).flatMap { [averagePool($0), averagePoolGradient($0)] }
    }

    /// The elements of a max pool's input.
    private enum PoolInput: String, CaseIterable, Sendable {
        case different = ""
        /// Many are equal: the first of a window must win.
        case ties = ", ties"
        /// Every third is NaN, so that windows hold none, one or several, in every place; the rest
        /// are infinities and ties.
        case notNumbers = ", NaN"

        func operand(_ shape: Shape) -> Operand {
            let random = RandomSource(seed: 0, stream: "ties \(shape)")
            let choices: [Float]
            switch self {
            case .different: return .source("input", shape, in: -2 ... -1)
            case .ties: choices = [0, 1, 2]
            case .notNumbers: choices = [.nan, .nan, -.infinity, .infinity, 1, -1]
            }
            return .source(
                "input", shape,
                (0..<shape.count).map { choices[random.integer(below: choices.count, $0)] })
        }
    }

    private static func maxPool(_ geometry: MaxPoolGeometry, _ content: PoolInput) -> OperationCase
    {
        OperationCase("pooling/max pool", geometry.summary + content.rawValue) {
            [content.operand(geometry.inputShape), .result("output", geometry.outputShape)]
        } body: { backend, t in
            try backend.maxPool(t.input, geometry, into: t.output)
        } bounds: { data in
            ["output": data.exactly("output")]
        }
    }

    private static func maxPoolGradient(_ geometry: MaxPoolGeometry, _ content: PoolInput)
        -> OperationCase
    {
        OperationCase("pooling/max pool gradient", geometry.summary + content.rawValue) {
            [
                content.operand(geometry.inputShape),
                .source("outputGradient", geometry.outputShape),
                .result("inputGradient", geometry.inputShape),
            ]
        } body: { backend, t in
            try backend.maxPoolGradient(
                of: t.outputGradient, input: t.input, geometry, into: t.inputGradient)
        } bounds: { data in
            ["inputGradient": data.exactly("inputGradient")]
        }
    }

    private static func averagePool(_ geometry: AveragePoolGeometry) -> OperationCase {
        OperationCase("pooling/average pool", geometry.summary) {
            [.source("input", geometry.inputShape), .result("output", geometry.outputShape)]
        } body: { backend, t in
            try backend.averagePool(t.input, geometry, into: t.output)
        } bounds: { data in
            // One term more for the division, or for the product with a rounded reciprocal.
            ["output": try data.sums("output", length: geometry.largestWindow + 2)]
        }
    }

    private static func averagePoolGradient(_ geometry: AveragePoolGeometry) -> OperationCase {
        OperationCase("pooling/average pool gradient", geometry.summary) {
            [
                .source("outputGradient", geometry.outputShape),
                .result("inputGradient", geometry.inputShape),
            ]
        } body: { backend, t in
            try backend.averagePoolGradient(
                of: t.outputGradient, geometry, into: t.inputGradient)
        } bounds: { data in
            let length = geometry.mostWindowsOfAnElement + 2
            return ["inputGradient": try data.sums("inputGradient", length: length)]
        }
    }

    private static func maxPools(_ size: Size) -> [MaxPoolGeometry] {
        let small = [
            MaxPoolGeometry(batch: 1, height: 2, width: 2, channels: 1),
            MaxPoolGeometry(batch: 2, height: 5, width: 4, channels: 3),
            MaxPoolGeometry(batch: 1, height: 7, width: 8, channels: 2, window: 2, stride: 3),
        ]
        guard size == .full else { return small }
        return small
            + extents(size).flatMap {
                [
                    MaxPoolGeometry(batch: 2, height: 4, width: 6, channels: $0),
                    MaxPoolGeometry(batch: 1, height: 3, width: $0 + 1, channels: 5),
                ]
            } + [
                MaxPoolGeometry(batch: 1, height: 9, width: 10, channels: 17, window: 3, stride: 3),
                MaxPoolGeometry(batch: 2, height: 6, width: 6, channels: 4, window: 1, stride: 2),
                MaxPoolGeometry(batch: 3, height: 29, width: 31, channels: 64),
            ]
    }

    /// Pools of whole, overlapping and repeating windows, of images and of vectors.
    static func averagePools(_ size: Size) -> [AveragePoolGeometry] {
        typealias G = AveragePoolGeometry
        let small = [
            G(inputShape: [2, 7, 7, 3], size: 2), G(inputShape: [2, 4, 8, 5], size: 4),
            G(inputShape: [2, 2, 3, 2], size: 4), G(inputShape: [2, 1, 2, 3], size: 1),
            G(inputShape: [3, 16], size: 16), G(inputShape: [3, 7], size: 3),
            G(inputShape: [3, 8], size: 16),
        ]
        guard size == .full else { return small }
        return small + [
            G(inputShape: [3, 1, 1, 1], size: 1), G(inputShape: [2, 28, 28, 32], size: 4),
            G(inputShape: [2, 14, 14, 64], size: 2), G(inputShape: [2, 7, 7, 128], size: 2),
            G(inputShape: [3, 32, 32, 33], size: 4), G(inputShape: [2, 16, 16, 17], size: 8),
            G(inputShape: [2, 5, 13, 65], size: 3), G(inputShape: [5, 2, 2, 64], size: 8),
            G(inputShape: [2, 3, 3, 127], size: 2), G(inputShape: [2, 4, 4, 129], size: 2),
            G(inputShape: [5, 1024], size: 2048), G(inputShape: [5, 512], size: 512),
            G(inputShape: [3, 2048], size: 1024), G(inputShape: [3, 1000], size: 333),
            G(inputShape: [4, 1], size: 5), G(inputShape: [4, 129], size: 1),
        ]
    }
}

extension MaxPoolGeometry {
    fileprivate var summary: String { "\(window)×\(window) stride \(stride) of \(inputShape)" }
}

extension AveragePoolGeometry {
    var summary: String { "\(inputShape) to \(size)" }

    /// Elements in the largest window.
    var largestWindow: Int {
        let tallest = (0..<rows.count).map { rows[$0].count }.max() ?? 1
        return tallest * ((0..<columns.count).map { columns[$0].count }.max() ?? 1)
    }

    /// Windows that hold one and the same element, at most.
    var mostWindowsOfAnElement: Int {
        func maxWindows(_ axis: AdaptiveWindows) -> Int {
            (0..<axis.length).map { axis.windows(containing: $0).count }.max() ?? 1
        }
        return maxWindows(rows) * maxWindows(columns)
    }
}
