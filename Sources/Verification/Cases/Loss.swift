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
                GradientDestination.allCases.map { crossEntropy(batch, classes, options, $0) }
            }
                + [1, 5].filter { $0 < classes }.flatMap { top in
                    [
                        countCorrect(batch, classes, top: top, hasTies: false),
                        countCorrect(batch, classes, top: top, hasTies: true),
                    ]
                }
        } + [labelOutside(10), labelOutside(-1), largeLogits]
            + [(1, 2), (9, 10), (128, 10), (33, 200)].map { oneHot($0, $1) }
    }

    static func crossEntropyOptions(_ size: Size) -> [CrossEntropyOptions] {
        let kinds: [(Float, Float)] =
            size == .full ? [(1, 0), (0.5, 0), (0.5, 0.1), (2, 0.3)] : [(0.5, 0.1)]
        return kinds.map { CrossEntropyOptions(temperature: $0, labelSmoothing: $1) }
    }

    private enum GradientDestination: String, CaseIterable, Sendable {
        case none = ", loss only"
        case apart = ""
        case logits = " into logits"
    }

    private static func crossEntropy(
        _ batch: Int, _ classes: Int, _ options: CrossEntropyOptions,
        _ destination: GradientDestination
    ) -> OperationCase {
        OperationCase(
            "loss/cross-entropy",
            "[\(batch), \(classes)] \(options.summary)\(destination.rawValue)"
        ) {
            let shape: Shape = [batch, classes]
            let logits: [Operand] =
                switch destination {
                case .none: [.source("logits", shape, in: -4...4)]
                case .apart: [.source("logits", shape, in: -4...4), .result("gradient", shape)]
                case .logits: [.updated("gradient", shape, in: -4...4)]
                }
            return logits + [.labels(batch, below: classes), .updated("total", [1])]
        } body: { backend, t in
            try backend.crossEntropy(
                destination == .logits ? t.gradient : t.logits, t.labels, options,
                gradient: destination == .none ? nil : t.gradient, addingLossTo: t.total)
        } bounds: { data in
            let logits = destination == .logits ? data.before.gradient : data.before.logits
            let error = CrossEntropyError(
                logits: logits.chunked(classes), labels: data.before.labels, options)
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
                t.logits, t.labels, CrossEntropyOptions(), gradient: nil, addingLossTo: t.total)
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
            t.logits, t.labels, CrossEntropyOptions(), gradient: t.gradient, addingLossTo: t.total)
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
        } bounds: { data in
            ["output": data.exactly("output")]
        }
    }
}

extension CrossEntropyOptions {
    var summary: String { "temperature \(temperature), smoothing \(labelSmoothing)" }
}
