import Foundation

/// What a network says of one picture.
public struct Prediction: Sendable, Equatable {
    /// The classes of the network.
    public let classes: [String]
    /// One for each class, in their order; from 0 to 1, and together 1. All are NaN if the network's
    /// numbers overflowed.
    public let probabilities: [Float]

    /// One of the classes, as likely as the network finds it.
    public struct Candidate: Sendable, Equatable {
        /// Its place among the classes.
        public let label: Int
        /// Its name.
        public let name: String
        /// From 0 to 1.
        public let probability: Float
    }

    /// - Precondition: there are as many probabilities as classes, and at least one.
    init(_ classes: [String], _ probabilities: [Float]) {
        precondition(
            classes.count == probabilities.count && !classes.isEmpty,
            "\(probabilities.count) probabilities for \(classes.count) classes")
        self.classes = classes
        self.probabilities = probabilities
    }

    /// The most likely class; of several that are equally likely, the first.
    public var best: Candidate {
        var label = 0
        for other in probabilities.indices where probabilities[other] > probabilities[label] {
            label = other
        }
        return candidate(label)
    }

    /// The most likely classes, the likeliest first; at most as many as there are.
    public func top(_ count: Int) -> [Candidate] {
        if count == 1 { return [best] }
        let rank = probabilities.map { $0.isNaN ? -1 : $0 }
        return rank.indices.sorted { (rank[$1], $0) < (rank[$0], $1) }.prefix(max(count, 0))
            .map(candidate)
    }

    private func candidate(_ label: Int) -> Candidate {
        Candidate(label: label, name: classes[label], probability: probabilities[label])
    }
}

/// The probabilities of logits: their softmax, computed in Double and rounded once.
package func softmax(_ logits: some Collection<Float>) -> [Float] {
    let largest = logits.max() ?? 0
    let powers = logits.map { exp(Double($0) - Double(largest)) }
    let sum = powers.reduce(0, +)
    return powers.map { Float($0 / sum) }
}

/// The cross-entropy of logits with a label, in nats; NaN if a logit is.
package func crossEntropy(_ logits: some Collection<Float>, label: Int) -> Double {
    let largest = Double(logits.max() ?? 0)
    let sum = logits.reduce(0) { $0 + exp(Double($1) - largest) }
    let index = logits.index(logits.startIndex, offsetBy: label)
    return largest + log(sum) - Double(logits[index])
}
