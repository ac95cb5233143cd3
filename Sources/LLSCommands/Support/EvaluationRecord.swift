import Inference

/// What an evaluation saw of every sample, in the order in which they were evaluated.
struct EvaluationRecord {
    struct Sample {
        let label, predicted: Int32
        /// Of the predicted class, and of the label.
        let probability, labelProbability: Float
        /// The cross-entropy with the label.
        let loss: Double
    }

    let classes: Int
    private(set) var samples: [Sample] = []
    /// Rows are labels, columns predictions.
    private(set) var confusion: [[Int]]

    init(classes: Int) {
        self.classes = classes
        confusion = Array(repeating: Array(repeating: 0, count: classes), count: classes)
    }

    /// - Parameter logits: `[labels, classes]`.
    mutating func add(_ logits: [Float], _ labels: UnsafeBufferPointer<Int32>) {
        for (row, label) in labels.enumerated() {
            let own = logits[(row * classes)..<((row + 1) * classes)]
            // Of equal logits the first counts, as on the device.
            let best = own.indices.max { own[$0] < own[$1] } ?? own.startIndex
            let predicted = best - own.startIndex
            let probabilities = softmax(own)
            samples.append(
                Sample(
                    label: label, predicted: Int32(predicted),
                    probability: probabilities[predicted],
                    labelProbability: probabilities[Int(label)],
                    loss: crossEntropy(own, label: Int(label))))
            confusion[Int(label)][predicted] += 1
        }
    }

    /// The places of the samples with the greatest loss, the greatest first.
    func worst(_ count: Int) -> [Int] {
        // What is not a number is worse than any.
        let losses = samples.map { $0.loss.isNaN ? .infinity : $0.loss }
        return losses.indices.sorted { (losses[$1], $0) < (losses[$0], $1) }.prefix(count).map {
            $0
        }
    }
}

/// How well one class is recognized. Shares are in percent, and 0 if nothing counts: of no samples, or
/// no predictions.
struct ClassScore: Encodable {
    let `class`: String
    let label: Int
    /// Samples of the class.
    let support: Int
    /// Samples that were taken for it.
    let predicted: Int
    /// The share of those taken for it that are of it; of its samples that were found; the harmonic
    /// mean of the two.
    let precision, recall, f1: Double

    init(_ name: String, _ label: Int, _ confusion: [[Int]]) {
        let hits = confusion[label][label]
        `class` = name
        self.label = label
        support = confusion[label].reduce(0, +)
        predicted = confusion.reduce(0) { $0 + $1[label] }
        func percent(_ part: Int, of whole: Int) -> Double {
            whole == 0 ? 0 : 100 * Double(part) / Double(whole)
        }
        precision = percent(hits, of: predicted)
        recall = percent(hits, of: support)
        f1 = percent(2 * hits, of: predicted + support)
    }
}

/// Means over the classes, each counted once; those that nothing is of and nothing was taken for are left
/// out.
struct MacroScore: Encodable {
    let precision, recall, f1: Double

    init(_ scores: [ClassScore]) {
        let counted = scores.filter { $0.support + $0.predicted > 0 }
        func mean(_ value: (ClassScore) -> Double) -> Double {
            counted.isEmpty ? 0 : counted.map(value).reduce(0, +) / Double(counted.count)
        }
        precision = mean(\.precision)
        recall = mean(\.recall)
        f1 = mean(\.f1)
    }
}
