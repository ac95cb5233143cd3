import CVectorLoops
import Tensors

extension BLASBackend {
    public func crossEntropy(
        _ logits: Tensor, _ targets: Targets, _ options: CrossEntropyOptions,
        gradient: Tensor?, addingLossTo total: Tensor
    ) throws {
        let labels = targets.labels
        checkLogits(logits, labels, total, .float32)
        if let gradient { checkSameShape(logits, gradient, "cross-entropy gradient") }
        let (batch, classes) = (logits.shape[0], logits.shape[1])
        targets.checkWeights(classes: classes)
        let (x, label, result) = (logits.floats, labels.integers, gradient?.floats)
        let (weights, weightSum) = (targets.weights?.values.floats, targets.weights?.sum.floats)
        try withScratch(batch, of: Double.self) { losses in
            // An exponential and its share of the rest are some forty operations.
            parallelFor(batch, work: 40 * classes) { _, rows in
                let (row, start) = (rows.lowerBound, rows.lowerBound * classes)
                vector_cross_entropy(
                    x + start, label + row, weights, rows.count, classes,
                    weightSum.map { Double($0[0]) } ?? Double(batch), options.temperature,
                    options.labelSmoothing, losses + row, result.map { $0 + start })
            }
            let total = total.floats
            alone {
                let sum = (0..<batch).reduce(0) { $0 + losses[$1] }
                let divisor = weightSum.map { Double($0[0]) } ?? Double(batch)
                total[0] = Float(Double(total[0]) + sum / divisor)
            }
        }
    }

    public func countCorrect(
        _ logits: Tensor, _ labels: Tensor, top: Int, addingTo total: Tensor
    ) throws {
        checkLogits(logits, labels, total, .int32)
        let (batch, classes) = (logits.shape[0], logits.shape[1])
        let (x, label, count) = (logits.floats, labels.integers, total.integers)
        alone { count[0] += Int32(vector_count_correct(x, label, batch, classes, top)) }
    }

    public func sumLabelWeights(
        _ labels: Tensor, _ weights: Tensor, into sum: Tensor
    ) throws {
        precondition(
            weights.shape.rank == 1 && sum.shape == [1],
            "weights \(weights.shape) of labels \(labels.shape) into \(sum.shape)")
        let (label, weight, result) = (labels.integers, weights.floats, sum.floats)
        let (batch, classes) = (labels.count, weights.count)
        alone { result[0] = vector_sum_label_weights(label, weight, batch, classes) }
    }

    public func oneHot(_ targets: Targets, value: Float, into output: Tensor) throws {
        let labels = targets.labels
        precondition(
            output.shape.rank == 2 && labels.shape == [output.shape[0]],
            "labels \(labels.shape) into \(output.shape)")
        let classes = output.shape[1]
        targets.checkWeights(classes: classes)
        let (label, y) = (labels.integers, output.floats)
        let (weights, weightSum) = (targets.weights?.values.floats, targets.weights?.sum.floats)
        alone {
            vector_fill(y, 0, output.count)
            for row in 0..<labels.count where 0..<classes ~= Int(label[row]) {
                let c = Int(label[row])
                let share = weightSum.map { Float(labels.count) / $0[0] } ?? 1
                y[row * classes + c] = value * share * (weights?[c] ?? 1)
            }
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
