import Foundation
import Tensors

extension ReferenceBackend {
    public func oneHot(_ targets: Targets, value: Float, into output: Tensor) throws {
        let (classes, labels) = (output.shape.channels, targets.labels)
        targets.checkWeights(classes: classes)
        let share = targets.weights.map { Double(labels.count) / $0.sum.elements[0] } ?? 1
        for row in 0..<labels.count {
            for c in 0..<classes {
                let isLabel = Int(labels.integers[row]) == c
                output.elements[row * classes + c] =
                    isLabel ? Double(value) * targets.weight(c) * share : 0
            }
        }
    }

    public func sumLabelWeights(
        _ labels: Tensor, _ weights: Tensor, into sum: Tensor
    ) throws {
        sum.elements[0] = labels.integers.reduce(0) { sum, label in
            weights.elements.indices ~= Int(label) ? sum + weights.elements[Int(label)] : .nan
        }
    }

    public func crossEntropy(
        _ logits: Tensor, _ targets: Targets, _ options: CrossEntropyOptions,
        gradient: Tensor?, addingLossTo total: Tensor
    ) throws {
        let labels = targets.labels
        checkLogits(logits, labels, total, .float32)
        if let gradient { checkSameShape(logits, gradient, "cross-entropy gradient") }
        let (batch, classes) = (logits.shape[0], logits.shape[1])
        targets.checkWeights(classes: classes)
        let divisor = targets.weights?.sum.elements[0] ?? Double(batch)
        let (temperature, smoothing) = (
            Double(options.temperature), Double(options.labelSmoothing)
        )
        for row in 0..<batch {
            let scaled = logits.row(row).map { $0 / temperature }
            let largest = scaled.reduce(-.infinity) { max($0, $1) }
            let logSum = largest + log(scaled.reduce(0) { $0 + exp($1 - largest) })
            let label = Int(labels.integers[row])
            if !(0..<classes ~= label) { total.elements[0] = .nan }
            let target = (0..<classes).map { c in
                targets.weight(c)
                    * ((c == label ? 1 - smoothing : 0) + smoothing / Double(classes))
            }
            let mass = targets.weights == nil ? 1 : target.reduce(0, +)
            for c in 0..<classes {
                let logProbability = scaled[c] - logSum
                total.elements[0] -= target[c] * logProbability / divisor
                gradient?.elements[row * classes + c] =
                    (mass * exp(logProbability) - target[c]) / (temperature * divisor)
            }
        }
    }

    public func countCorrect(
        _ logits: Tensor, _ labels: Tensor, top: Int, addingTo total: Tensor
    ) throws {
        checkLogits(logits, labels, total, .int32)
        for row in 0..<logits.shape[0] {
            let values = logits.row(row)
            let label = Int(labels.integers[row])
            guard values.indices ~= label, !values.contains(where: \.isNaN) else { continue }
            let before = values.indices.filter { c in
                values[c] > values[label] || (values[c] == values[label] && c < label)
            }
            if before.count < top { total.integers[0] += 1 }
        }
    }

    private func checkLogits(
        _ logits: Tensor, _ labels: Tensor, _ total: Tensor, _ totalType: ElementType
    ) {
        precondition(
            logits.shape.rank == 2 && labels.shape == [logits.shape[0]]
                && labels.elementType == .int32 && total.shape == [1]
                && total.elementType == totalType,
            """
            loss of \(logits.shape) with \(labels.elementType) labels \(labels.shape) into \
            \(total.elementType) \(total.shape)
            """)
    }
}

extension Tensor {
    /// A copy of one row of a matrix.
    fileprivate func row(_ row: Int) -> [Double] {
        Array(elements[row * shape[1]..<(row + 1) * shape[1]])
    }
}

extension Targets {
    /// The weight of a class.
    fileprivate func weight(_ c: Int) -> Double { weights?.values.elements[c] ?? 1 }
}
