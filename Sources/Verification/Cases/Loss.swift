import Randomness
import Tensors

extension OperationCatalog {
    static func loss(_ size: Size) -> [OperationCase] {
        let batches =
            size == .full
            ? [(1, 2), (3, 10), (128, 10), (33, 100), (64, 200), (5, 1000)]
            : [(1, 2), (3, 10)]
        return batches.flatMap { batch, classes in
            crossEntropyOptions(size).flatMap { options in
                GradientPlace.allCases.map { crossEntropy(batch, classes, options, $0) }
            }
                + [1, 5].filter { $0 < classes }.flatMap { top in
                    [
                        countCorrect(batch, classes, top: top, hasTies: false),
                        countCorrect(batch, classes, top: top, hasTies: true),
                    ]
                }
        } + [labelOutside(10), labelOutside(-1), largeLogits]
    }

    static func crossEntropyOptions(_ size: Size) -> [CrossEntropyOptions] {
        let kinds: [(Float, Float)] =
            size == .full ? [(1, 0), (0.5, 0), (0.5, 0.1), (2, 0.3)] : [(0.5, 0.1)]
        return kinds.map { CrossEntropyOptions(temperature: $0, labelSmoothing: $1) }
    }

    private enum GradientPlace: String, CaseIterable, Sendable {
        case none = ", loss only"
        case apart = ""
        case logits = " into logits"
    }

    private static func crossEntropy(
        _ batch: Int, _ classes: Int, _ options: CrossEntropyOptions, _ place: GradientPlace
    ) -> OperationCase {
        OperationCase(
            "loss/cross-entropy",
            "[\(batch), \(classes)] \(options.summary)\(place.rawValue)"
        ) {
            let shape: Shape = [batch, classes]
            let logits: [Operand] =
                switch place {
                case .none: [.source("logits", shape, in: -4...4)]
                case .apart: [.source("logits", shape, in: -4...4), .result("gradient", shape)]
                case .logits: [.updated("gradient", shape, in: -4...4)]
                }
            return logits + [.labels(batch, below: classes), .updated("total", [1])]
        } body: { backend, t in
            try backend.crossEntropy(
                place == .logits ? t.gradient : t.logits, t.labels, options,
                gradient: place == .none ? nil : t.gradient, addingLossTo: t.total)
        } bounds: { evidence in
            let logits = place == .logits ? evidence.before.gradient : evidence.before.logits
            let error = CrossEntropyError(
                logits: logits.chunked(classes), labels: evidence.before.labels, options)
            let total = error.loss(addedTo: evidence.before.total[0])
            return place == .none
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
                t.logits, t.labels, CrossEntropyOptions(), gradient: nil, addingLossTo: t.total)
        } bounds: { evidence in
            ["total": evidence.exactly("total")]
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
            t.logits, t.labels, CrossEntropyOptions(), gradient: t.gradient, addingLossTo: t.total)
    } bounds: { evidence in
        let error = CrossEntropyError(
            logits: evidence.before.logits.chunked(10), labels: evidence.before.labels,
            CrossEntropyOptions())
        return [
            "total": [error.loss(addedTo: evidence.before.total[0])], "gradient": error.gradient,
        ]
    }

    /// Of few distinct logits and a NaN, where `hasTies`: then the earlier class comes first.
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
        } bounds: { evidence in
            ["total": evidence.exactly("total")]
        }
    }
}

extension CrossEntropyOptions {
    var summary: String { "temperature \(temperature), smoothing \(labelSmoothing)" }
}
