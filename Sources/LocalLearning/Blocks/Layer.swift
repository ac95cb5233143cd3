import Tensors

/// A layer of a block at work: `activation(batchNorm(map(x)))`, without the batch norm if it has none.
///
/// Between the two passes it needs `z`, one tensor shaped as its output: `map(x)`, or without a batch
/// norm the activation of that. The backward pass turns `z` into the gradient of `map(x)`.
final class Layer {
    let description: LayerDescription
    private let weights, weightGradient: Tensor
    private let bias, biasGradient: Tensor?
    private let norm: BatchNormLayer?
    private let backend: any Backend

    init(_ description: LayerDescription, in group: ParameterGroup) throws {
        self.description = description
        backend = group.backend
        weights = group[description.weight].value
        weightGradient = group.gradient(of: description.weight)
        bias = description.bias.map { group[$0].value }
        // A batch norm takes every constant away: the gradient of a bias before it is exactly 0.
        biasGradient =
            description.norm == nil ? description.bias.map { group.gradient(of: $0) } : nil
        norm = try description.norm.map {
            try BatchNormLayer($0, description.activation, in: group)
        }
    }

    /// `output = map(input)`.
    func map(_ input: Tensor, into output: Tensor) throws {
        switch description.map {
        case .convolution(let geometry):
            try backend.convolve(
                input, weights, bias: bias, geometry.withBatch(input.shape[0]), into: output)
        case .linear:
            try backend.multiply(input.matrix, weights.matrix, bias: bias, into: output)
        }
    }

    /// From `z = map(x)` to the layer's output. In training `output` is another tensor; else it may be
    /// `z`.
    func finish(_ z: Tensor, _ mode: PassMode, into output: Tensor) throws {
        if let norm { return try norm.forward(z, mode, into: output) }
        try backend.activate(z, description.activation, into: z)
        if output.buffer !== z.buffer { try backend.copy(z, into: output) }
    }

    /// The training pass from `z = map(x)`, with the pools behind it; `output` takes the max pool if
    /// there is one.
    func finish(
        _ z: Tensor, _ pool: AveragePoolGeometry, maxPool: MaxPoolGeometry?, into output: Tensor,
        _ pooled: PooledActivation
    ) throws {
        if let norm {
            return try norm.forward(z, pool, maxPool: maxPool, into: output, pooled)
        }
        precondition(maxPool == nil, "only a batch norm takes a max pool along")
        try finish(z, .training, into: output)
        try backend.averagePool(output, pool, into: pooled.value)
    }

    /// Turns `z` into the gradient of `map(x)`, from the gradient of the layer's output.
    func backward(from gradient: Tensor, _ z: Tensor) throws {
        if let norm { return try norm.backward(from: gradient, z) }
        try backend.activationGradient(
            of: gradient, output: z, description.activation, into: z)
        try computeBiasGradient(z)
    }

    /// The same, from the gradient of the pooled output.
    func backward(
        from pooled: PooledActivation, _ z: Tensor, _ pool: AveragePoolGeometry
    ) throws {
        if let norm { return try norm.backward(from: pooled, z, pool) }
        try backend.withScratch([z.shape]) { scratch in
            try backend.averagePoolGradient(of: pooled.gradient, pool, into: scratch[0])
            try backward(from: scratch[0], z)
        }
    }

    /// The gradient of the bias, from that of `map(input)`, unless a batch norm makes it 0.
    func computeBiasGradient(_ mapGradient: Tensor) throws {
        if let biasGradient { try backend.sumRows(mapGradient, into: biasGradient) }
    }

    /// The gradient of the weights, from that of `map(input)`.
    func computeWeightGradient(_ input: Tensor, _ mapGradient: Tensor) throws {
        switch description.map {
        case .convolution(let geometry):
            try backend.convolutionWeightGradient(
                input, of: mapGradient, geometry.withBatch(input.shape[0]), into: weightGradient)
        case .linear:
            try backend.multiply(input.transposed, mapGradient.matrix, into: weightGradient)
        }
    }

    /// The gradient of the input, from that of `map(input)`.
    func computeInputGradient(_ mapGradient: Tensor, into inputGradient: Tensor) throws {
        switch description.map {
        case .convolution(let geometry):
            try backend.convolutionInputGradient(
                of: mapGradient, weights, geometry.withBatch(mapGradient.shape[0]),
                into: inputGradient)
        case .linear(let inputs, _):
            try backend.multiply(
                mapGradient.matrix, weights.transposed,
                into: inputGradient.reshaped([mapGradient.shape[0], inputs]))
        }
    }
}
