import Tensors

/// Layers one after the other, up to what the last one makes of its map: what comes behind that is the
/// block's.
///
/// The workspace holds, for every layer but the last, `z` and the layer's output; then the last `z`.
struct LayerChain {
    private let layers: [Layer]

    init(_ descriptions: [LayerDescription], in group: ParameterGroup) throws {
        layers = try descriptions.map { try Layer($0, in: group) }
    }

    static func workspaceShapes(_ layers: [LayerDescription]) -> [Shape] {
        layers.dropLast().flatMap { [$0.outputShape, $0.outputShape] }
            + layers.suffix(1).map(\.outputShape)
    }

    /// The number of tensors in ``workspaceShapes(_:)``.
    var workspaceCount: Int { 2 * layers.count - 1 }

    var last: Layer { layers[layers.count - 1] }

    /// The last layer's `z`.
    func z(_ workspace: [Tensor]) -> Tensor { workspace[workspaceCount - 1] }

    /// Runs all layers but the last, and the last one's map into `z`.
    func forward(
        _ input: Tensor, _ workspace: [Tensor], _ mode: PassMode, into z: Tensor
    ) throws {
        var input = input
        for (index, layer) in layers.dropLast().enumerated() {
            let inner = workspace[2 * index]
            // Only a backward pass looks at z again.
            let output = mode == .training ? workspace[2 * index + 1] : inner
            try layer.map(input, into: inner)
            try layer.finish(inner, mode, into: output)
            input = output
        }
        try last.map(input, into: z)
    }

    /// The gradients of all weights, and of the input if it is wanted, from the gradient of the last
    /// layer's map, which lies in its `z`.
    func backward(_ input: Tensor, _ workspace: [Tensor], into inputGradient: Tensor?) throws {
        for index in layers.indices.reversed() {
            let (layer, mapGradient) = (layers[index], workspace[2 * index])
            guard index > 0 else {
                try layer.computeWeightGradient(input, mapGradient)
                if let inputGradient {
                    try layer.computeInputGradient(mapGradient, into: inputGradient)
                }
                return
            }
            let output = workspace[2 * index - 1]
            try layer.computeWeightGradient(output, mapGradient)
            // The output before has been read for the last time: its gradient takes its place.
            try layer.computeInputGradient(mapGradient, into: output)
            try layers[index - 1].backward(from: output, workspace[2 * index - 2])
        }
    }
}
