/// How a cross-entropy is taken.
public struct CrossEntropyOptions: Hashable, Sendable {
    /// Logits are divided by this.
    public var temperature: Float
    /// The share of the target that is spread evenly over all classes.
    public var labelSmoothing: Float

    /// - Precondition: the temperature is a normal number above 0, the smoothing is from 0 to 1. A
    ///   setting in Double may be neither once it is a Float.
    public init(temperature: Float = 1, labelSmoothing: Float = 0) {
        precondition(
            Self.allows(temperature: temperature) && (0...1).contains(labelSmoothing),
            "a cross-entropy at temperature \(temperature) with smoothing \(labelSmoothing)")
        self.temperature = temperature
        self.labelSmoothing = labelSmoothing
    }

    /// Whether logits can be divided by it.
    public static func allows(temperature: Float) -> Bool {
        temperature > 0 && temperature.isNormal
    }
}

/// Losses of a classifier's logits, and its correct answers.
public protocol LossOps: DeviceMemory {
    /// Softmax cross-entropy, averaged over the batch, and its gradient.
    ///
    /// With `t = (1 − s)·onehot + s/classes` and `q = softmax(logits / T)`: the loss is
    /// `−Σ t·log q`, the gradient `(q − t) / (T · batch)`.
    ///
    /// With class weights `w` it is PyTorch's `cross_entropy(weight=w, label_smoothing=s)`: every
    /// class's `t` is multiplied by its `w`, the gradient is `(q·Σt − t) / (T · Σ w[label])`, and the
    /// mean, too, is the sum over the batch divided by `Σ w[label]`.
    ///
    /// - Parameters:
    ///   - logits: `[batch, classes]`.
    ///   - targets: whose labels are each below `classes`; a label outside makes the loss NaN.
    ///   - gradient: `[batch, classes]`, may be `logits`; nil if only the loss is wanted.
    ///   - total: `[1]`, to which the mean loss is added.
    func crossEntropy(
        _ logits: Tensor, _ targets: Targets, _ options: CrossEntropyOptions,
        gradient: Tensor?, addingLossTo total: Tensor) throws

    /// `sum = Σ weights[label]`: how much a batch counts under class weights. The order of the sum is
    /// fixed. A label outside makes it NaN.
    ///
    /// - Parameters:
    ///   - labels: integers `[batch]`.
    ///   - weights: `[classes]`.
    ///   - sum: `[1]`.
    func sumLabelWeights(_ labels: Tensor, _ weights: Tensor, into sum: Tensor) throws

    /// Adds to `total` `[1]` (integer) how many rows of `logits` have their label among the `top`
    /// largest; a logit that equals the label's counts as larger when its class comes first. A row
    /// that holds a NaN is wrong.
    func countCorrect(
        _ logits: Tensor, _ labels: Tensor, top: Int, addingTo total: Tensor) throws

    /// `output[row, c] = value` if `c` is the row's label, else 0. Output `[batch, classes]`.
    ///
    /// With class weights `w` the value is multiplied by `batch · w[label] / Σ w[label]`, which is 1
    /// on the average of the batch.
    func oneHot(_ targets: Targets, value: Float, into output: Tensor) throws
}
