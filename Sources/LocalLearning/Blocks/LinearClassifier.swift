import Tensors

/// The linear map behind the last block, trained by plain cross-entropy.
public final class LinearClassifier {
    /// Weight and bias.
    public let group: ParameterGroup
    private let layer: Layer

    init(_ description: LayerDescription, forInference: Bool, on backend: any Backend) throws {
        group = try ParameterGroup(
            description.parameters, forInference: forInference, on: backend)
        layer = try Layer(description, in: group)
    }

    /// `logits = input · W + b`.
    ///
    /// - Parameters:
    ///   - input: `[batch, inputs]`.
    ///   - logits: `[batch, classes]`.
    public func infer(_ input: Tensor, into logits: Tensor) throws {
        try layer.map(input, into: logits)
    }

    /// The gradients of weight and bias, and of the input if it is wanted, from the logits'.
    func backward(
        from logitsGradient: Tensor, _ input: Tensor, into inputGradient: Tensor?
    ) throws {
        try layer.computeWeightGradient(input, logitsGradient)
        try layer.computeBiasGradient(logitsGradient)
        if let inputGradient {
            try layer.computeInputGradient(logitsGradient, into: inputGradient)
        }
    }
}
