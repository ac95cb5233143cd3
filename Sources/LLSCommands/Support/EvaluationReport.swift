import FileFormats
import LocalLearning

/// What `eval` says.
struct EvaluationReport {
    let model, rule, dataset: String
    let split: EvaluatedSplit
    let evaluation: Evaluation
    let classes: [String]
    let confusion: [[Int]]
    let scores: [ClassScore]
    /// Nil unless they were asked for.
    let worst: [WorstSample]?
    /// Left out, if images that cannot be read were to be; nil otherwise.
    let skipped: Int?

    var macro: MacroScore { MacroScore(scores) }
}

// MARK: For programs

extension EvaluationReport: Encodable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { nil }
    }

    /// The results are called by the split that they are of: `test_top1`.
    func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Key.self)
        func put(_ key: String, _ value: (some Encodable)?) throws {
            try object.encodeIfPresent(value, forKey: Key(key))
        }
        try put("model", model)
        try put("rule", rule)
        try put("dataset", dataset)
        try put("split", split.rawValue)
        try put("samples", evaluation.samples)
        try put("\(split.rawValue)_top1", evaluation.top1)
        try put("\(split.rawValue)_top5", evaluation.top5)
        try put("\(split.rawValue)_loss", evaluation.loss)
        try put("classes", classes)
        try put("confusion", confusion)
        try put("per_class", scores)
        try put("macro", macro)
        try put("worst", worst)
        try put("skipped_images", skipped)
    }
}

// MARK: For people

extension EvaluationReport {
    /// More classes are too many to look at: those that are recognized worst are shown.
    private static let mostClasses = 50

    func show(columns: Int) {
        let parts = [
            scoreLines, ConfusionTable(classes, confusion).lines(columns: columns), worstLines,
        ]
        for part in parts where !part.isEmpty {
            Console.result(part.joined(separator: "\n") + "\n")
        }
        Console.result(summary)
    }

    private var scoreLines: [String] {
        var shown = scores
        if scores.count > Self.mostClasses {
            shown = Array(
                scores.sorted { ($0.f1, $0.label) < ($1.f1, $1.label) }.prefix(Self.mostClasses))
            Console.note(
                "note: the \(Self.mostClasses) classes of the lowest F1; --json prints all "
                    + "\(scores.count) classes and their confusion")
        }
        let mean = "macro average"
        let width = (shown.map(\.class.legible.columns) + [mean.count]).max() ?? 0
        func line(_ name: String, _ cells: [String]) -> String {
            name.padded(toColumns: width)
                + cells.map { $0.indented(toColumns: 11) }.joined()
        }
        func line(_ name: String, _ p: Double, _ r: Double, _ f1: Double, _ n: Int) -> String {
            line(name, [p.fixed(2), r.fixed(2), f1.fixed(2), "\(n)"])
        }
        return [line("class", ["precision", "recall", "F1", "support"])]
            + shown.map { line($0.class.legible, $0.precision, $0.recall, $0.f1, $0.support) }
            + [line(mean, macro.precision, macro.recall, macro.f1, evaluation.samples)]
    }

    private var worstLines: [String] {
        guard let worst, !worst.isEmpty else { return [] }
        return ["  label → predicted, with their probabilities"]
            + worst.map { sample in
                let label = sample.classProbability.fixed(4) + " " + sample.class.legible
                let predicted = sample.predicted.legible + " " + sample.probability.fixed(4)
                return "  \(label) → \(predicted)  \(sample.path.legible)"
            }
    }

    private var summary: String {
        let name = split.rawValue
        let top5 = evaluation.top5.map { " \(name)_top5=\($0.fixed(2))" } ?? ""
        let skipped = skipped.map { " skipped_images=\($0)" } ?? ""
        return
            "result samples=\(evaluation.samples) \(name)_top1=\(evaluation.top1.fixed(2))\(top5) "
            + "\(name)_loss=\(evaluation.loss.fixed(4))\(skipped)"
    }
}

extension Float {
    fileprivate func fixed(_ decimals: Int) -> String { Double(self).fixed(decimals) }
}
