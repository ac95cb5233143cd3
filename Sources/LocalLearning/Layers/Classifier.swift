import Tensors

/// The linear map behind the last block, trained by plain cross-entropy.
public final class Classifier {
    public let group: ParameterGroup
    public let inputs, classes: Int
    private let weights, bias, weightGradient, biasGradient: Tensor

    init(inputs: Int, classes: Int, on backend: any Backend) throws {
        self.inputs = inputs
        self.classes = classes
        group = try ParameterGroup(
            ParameterDescription.linear("linear", inputs: inputs, outputs: classes), on: backend)
        weights = group["linear.weight"].value
        bias = group["linear.bias"].value
        weightGradient = group.gradient("linear.weight")
        biasGradient = group.gradient("linear.bias")
    }

    /// `logits = input · W + b`.
    public func infer(_ input: Tensor, into logits: Tensor, on backend: any Backend) throws {
        try backend.multiply(input.matrix, weights.matrix, bias: bias, into: logits)
    }

    /// The gradients of weight and bias, from the logits' gradient.
    public func backward(
        of logitsGradient: Tensor, _ input: Tensor, on backend: any Backend
    ) throws {
        try backend.multiply(input.transposed, logitsGradient.matrix, into: weightGradient)
        try backend.sumRows(logitsGradient, into: biasGradient)
    }
}
