import Tensors

/// The options of a cross-entropy, and whether its classes have weights.
struct CrossEntropyKind: Sendable {
    let options: CrossEntropyOptions
    let isWeighted: Bool

    /// Without and with each of both, and weights with and without smoothing.
    static func all(_ size: OperationCatalog.Size) -> [CrossEntropyKind] {
        let kinds: [(Float, Float, Bool)] =
            size == .full
            ? [
                (1, 0, false), (0.5, 0, false), (0.5, 0.1, false), (2, 0.3, false),
                (0.5, 0, true), (2, 0.3, true),
            ] : [(0.5, 0.1, false), (0.5, 0.1, true)]
        return kinds.map {
            CrossEntropyKind(
                options: CrossEntropyOptions(temperature: $0, labelSmoothing: $1), isWeighted: $2)
        }
    }

    var summary: String {
        "temperature \(options.temperature), smoothing \(options.labelSmoothing)"
            + (isWeighted ? ", weights" : "")
    }

    /// Labels, and weights from a fortieth to the largest. Their sum is some number, as it is for a loss
    /// that is handed it.
    func targets(_ batch: Int, below classes: Int) -> [Operand] {
        [.labels(batch, below: classes)] + (isWeighted ? Self.weights(batch, classes) : [])
    }

    static func weights(_ batch: Int, _ classes: Int) -> [Operand] {
        [
            .source("weights", [classes], in: 0.1...4),
            .source("weightSum", [1], [1.3 * Float(batch)]),
        ]
    }

    /// Of the operands that ``targets(_:below:)`` made.
    func targets(_ t: NamedOperands<Tensor>) -> Targets {
        isWeighted
            ? Targets(t.labels, weights: ClassWeights(t.weights, sum: t.weightSum))
            : Targets(t.labels)
    }

    /// The errors of the cross-entropy of `logits`.
    func error(
        _ logits: [[Double]], _ operands: NamedOperands<[Double]>, logitErrors: [[Double]]? = nil
    ) -> CrossEntropyError {
        CrossEntropyError(
            logits: logits, labels: operands.labels, options,
            weights: isWeighted ? (operands.weights, operands.weightSum[0]) : nil,
            logitErrors: logitErrors)
    }
}
