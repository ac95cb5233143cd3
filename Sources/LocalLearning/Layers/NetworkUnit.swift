import Tensors

extension Network.Unit {
    /// Of one sample.
    var outputShape: Shape {
        switch self {
        case .block(let block, _): block.outputShape
        case .maxPool(let input): [input[0] / 2, input[1] / 2, input[2]]
        case .meanPool(let geometry, _):
            [geometry.outputHeight, geometry.outputWidth, geometry.outputChannels]
        case .averagePool(let input, let size): [input[2] * size * size]
        case .dropout(let shape): shape
        }
    }

    /// Whether its backward pass looks at its input.
    var keepsInput: Bool {
        switch self {
        case .block, .maxPool: true
        case .meanPool, .averagePool, .dropout: false
        }
    }
}

extension MaxPoolGeometry {
    /// 2×2 windows, stride 2, over `[batch, height, width, channels]`.
    static func halving(_ shape: Shape) -> MaxPoolGeometry {
        MaxPoolGeometry(batch: shape[0], height: shape[1], width: shape[2], channels: shape[3])
    }
}
