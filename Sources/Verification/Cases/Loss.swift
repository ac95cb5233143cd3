import Randomness
import Tensors

extension OperationCatalog {
    static func loss(_ size: Size) -> [OperationCase] {
        let batches =
            size == .full
            ? [(1, 2), (3, 10), (128, 10), (33, 100), (64, 200), (5, 1000)]
            : [(1, 2), (3, 10)]
        let rows = batches.flatMap { batch, classes -> [OperationCase] in
            let tops = [1, 5].filter { $0 < classes }
            return CrossEntropyKind.all(size).flatMap { kind in
                GradientDestination.allCases.map { crossEntropy(batch, classes, kind, $0) }
            }
                + tops.flatMap { top in
                    [
                        countCorrect(batch, classes, top: top, hasTies: false),
                        countCorrect(batch, classes, top: top, hasTies: true),
                    ]
                }
        }
        return rows + [labelOutside(10), labelOutside(-1), largeLogits] + targets(size)
    }

    private static func targets(_ size: Size) -> [OperationCase] {
        let shapes = [(1, 2), (9, 10), (128, 10), (33, 200)]
        let cases = shapes.flatMap { batch, classes -> [OperationCase] in
            [
                oneHot(batch, classes, isWeighted: false), oneHot(batch, classes, isWeighted: true),
                sumLabelWeights(batch, classes, areWhole: false),
            ]
        }
        return cases + [
            sumLabelWeights(size == .full ? 16_381 : 257, 10, areWhole: true),
            weightOfLabelOutside(10), weightOfLabelOutside(-1),
        ]
    }

    private enum GradientDestination: String, CaseIterable, Sendable {
        case none = ", loss only"
        case apart = ""
        case logits = " into logits"
    }

    private static func crossEntropy(
        _ batch: Int, _ classes: Int, _ kind: CrossEntropyKind,
        _ destination: GradientDestination
    ) -> OperationCase {
        OperationCase(
            "loss/cross-entropy",
            "[\(batch), \(classes)] \(kind.summary)\(destination.rawValue)"
        ) {
            let shape: Shape = [batch, classes]
            let logits: [Operand] =
                switch destination {
                case .none: [.source("logits", shape, in: -4...4)]
                case .apart: [.source("logits", shape, in: -4...4), .result("gradient", shape)]
                case .logits: [.updated("gradient", shape, in: -4...4)]
                }
            return logits + kind.targets(batch, below: classes) + [.updated("total", [1])]
        } body: { backend, t in
            try backend.crossEntropy(
                destination == .logits ? t.gradient : t.logits, kind.targets(t), kind.options,
                gradient: destination == .none ? nil : t.gradient, addingLossTo: t.total)
        } bounds: { data in
            let logits = destination == .logits ? data.before.gradient : data.before.logits
            let error = kind.error(logits.chunked(classes), data.before)
            let total = error.loss(addedTo: data.before.total[0])
            return destination == .none
                ? ["total": [total]] : ["total": [total], "gradient": error.gradient]
        }
    }

    /// A label that is no class makes the loss NaN; the gradient is then nothing to compare.
    private static func labelOutside(_ label: Int32) -> OperationCase {
        OperationCase("loss/cross-entropy", "label \(label) of 10") {
            [
                .source("logits", [2, 10]), .source("labels", integers: [3, label]),
                .updated("total", [1]),
            ]
        } body: { backend, t in
            try backend.crossEntropy(
                t.logits, Targets(t.labels), CrossEntropyOptions(), gradient: nil,
                addingLossTo: t.total)
        } bounds: { data in
            ["total": data.exactly("total")]
        }
    }

    /// Exponentials of these overflow unless the largest logit is subtracted first.
    private static let largeLogits = OperationCase("loss/cross-entropy", "logits of ±500") {
        [
            .source("logits", [4, 10], in: -500...500), .labels(4, below: 10),
            .updated("total", [1]), .result("gradient", [4, 10]),
        ]
    } body: { backend, t in
        try backend.crossEntropy(
            t.logits, Targets(t.labels), CrossEntropyOptions(), gradient: t.gradient,
            addingLossTo: t.total)
    } bounds: { data in
        let error = CrossEntropyError(
            logits: data.before.logits.chunked(10), labels: data.before.labels,
            CrossEntropyOptions())
        return [
            "total": [error.loss(addedTo: data.before.total[0])], "gradient": error.gradient,
        ]
    }

    /// With `hasTies` there are few distinct logits, of which the earlier class comes first, and a
    /// NaN.
    private static func countCorrect(_ batch: Int, _ classes: Int, top: Int, hasTies: Bool)
        -> OperationCase
    {
        OperationCase(
            "loss/count correct", "[\(batch), \(classes)] top \(top)\(hasTies ? ", ties" : "")"
        ) {
            let shape: Shape = [batch, classes]
            let random = RandomSource(seed: 0, stream: "ties \(shape)")
            var ties = (0..<shape.count).map { Float(random.integer(below: 3, $0)) }
            if batch > 1 { ties[classes + 1] = .nan }
            return [
                hasTies ? .source("logits", shape, ties) : .source("logits", shape),
                .labels(batch, below: classes), .updated("total", integers: [7]),
            ]
        } body: { backend, t in
            try backend.countCorrect(t.logits, t.labels, top: top, addingTo: t.total)
        } bounds: { data in
            ["total": data.exactly("total")]
        }
    }

    private static func oneHot(_ batch: Int, _ classes: Int, isWeighted: Bool) -> OperationCase {
        let kind = CrossEntropyKind(options: CrossEntropyOptions(), isWeighted: isWeighted)
        return OperationCase(
            "loss/one-hot", "[\(batch), \(classes)]\(isWeighted ? ", weights" : "")"
        ) {
            kind.targets(batch, below: classes) + [.result("output", [batch, classes])]
        } body: { backend, t in
            try backend.oneHot(kind.targets(t), value: 0.7, into: t.output)
        } bounds: { data in
            // A division and two products; without weights there is nothing to round.
            guard isWeighted else { return ["output": data.exactly("output")] }
            let relative = Rounding.division + 3 * Rounding.unitRoundoff
            return ["output": data.after.output.map { relative * abs($0) }]
        }
    }

    // MARK: Weights of labels

    /// - Parameter areWhole: whether the weights are whole numbers, whose sum is exact.
    private static func sumLabelWeights(
        _ batch: Int, _ classes: Int, areWhole: Bool
    ) -> OperationCase {
        OperationCase(
            "loss/sum of label weights", "\(batch) of \(classes)\(areWhole ? ", whole" : "")"
        ) {
            [
                .labels(batch, below: classes),
                areWhole
                    ? .source("weights", [classes], whole: 8)
                    : .source("weights", [classes], in: 0.1...4),
                .result("sum", [1]),
            ]
        } body: { backend, t in
            try backend.sumLabelWeights(t.labels, t.weights, into: t.sum)
        } bounds: { data in
            areWhole
                ? ["sum": data.exactly("sum")] : ["sum": try data.sums("sum", length: batch)]
        }
    }

    private static func weightOfLabelOutside(_ label: Int32) -> OperationCase {
        OperationCase("loss/sum of label weights", "label \(label) of 10") {
            [
                .source("labels", integers: [3, label]), .source("weights", [10]),
                .result("sum", [1]),
            ]
        } body: { backend, t in
            try backend.sumLabelWeights(t.labels, t.weights, into: t.sum)
        } bounds: { data in
            ["sum": data.exactly("sum")]
        }
    }
}
