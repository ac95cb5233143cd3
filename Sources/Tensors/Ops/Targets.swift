/// What the samples of a batch should be, and how much each class counts in a loss.
public struct Targets {
    /// Integers `[batch]`, each below the number of classes.
    public let labels: Tensor
    /// Nil if all classes count the same.
    public let weights: ClassWeights?

    /// The labels of a batch. Without weights all classes count the same.
    public init(_ labels: Tensor, weights: ClassWeights? = nil) {
        self.labels = labels
        self.weights = weights
    }

    /// Samples in the batch.
    public var batch: Int { labels.count }

    /// Traps, with the shapes, unless there is a weight for each of `classes`, or none at all. For
    /// backends.
    public func checkWeights(classes: Int) {
        guard let weights else { return }
        precondition(
            weights.values.shape == [classes] && weights.values.elementType == .float32
                && weights.sum.shape == [1] && weights.sum.elementType == .float32,
            """
            \(weights.values.elementType) weights \(weights.values.shape) of \(classes) classes, \
            with their \(weights.sum.elementType) sum \(weights.sum.shape)
            """)
    }
}

/// A weight for every class, as PyTorch's losses take it.
public struct ClassWeights {
    /// `[classes]`, each positive.
    public let values: Tensor
    /// `[1]`: what ``LossOps/sumLabelWeights(_:_:into:)`` makes of a batch's labels. Losses divide by
    /// it, as they divide by the batch if there are no weights.
    public let sum: Tensor

    /// Weights, and the memory of their sum over a batch.
    public init(_ values: Tensor, sum: Tensor) {
        self.values = values
        self.sum = sum
    }
}
