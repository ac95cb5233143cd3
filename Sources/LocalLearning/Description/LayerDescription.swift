import Tensors

/// An affine map, the batch norm behind it and the activation behind that: a layer of a block, before
/// any device. Shapes are those of one sample.
public struct LayerDescription: Sendable, Hashable {
    /// The affine map of a layer.
    public enum Map: Sendable, Hashable {
        /// Of a batch of one.
        case convolution(ConvolutionGeometry)
        /// Features in and out.
        case linear(inputs: Int, outputs: Int)
    }

    /// PyTorch's name, before `.weight`: `conv_block1.block.conv`.
    public let name: String
    /// What comes before the batch norm.
    public let map: Map
    /// Whether the map adds a bias.
    public let hasBias: Bool
    /// Nil without batch norm.
    public let norm: NormDescription?
    /// Behind the batch norm.
    public let activation: Activation

    /// - Parameter normName: PyTorch's name of the batch norm; nil without one.
    init(_ name: String, _ map: Map, hasBias: Bool, normName: String?, activation: Activation) {
        self.name = name
        self.map = map
        self.hasBias = hasBias
        self.activation = activation
        norm = normName.map { NormDescription($0, channels: Self.outputShape(of: map).channels) }
    }

    /// `[height, width, channels]` or `[features]`.
    public var outputShape: Shape { Self.outputShape(of: map) }

    private static func outputShape(of map: Map) -> Shape {
        switch map {
        case .convolution(let geometry): Shape(Array(geometry.outputShape.dimensions.dropFirst()))
        case .linear(_, let outputs): [outputs]
        }
    }

    /// Multiply–accumulates of one sample's forward pass.
    public var multiplyAccumulates: Int {
        switch map {
        case .convolution(let geometry): geometry.multiplyAccumulates
        case .linear(let inputs, let outputs): inputs.saturatingMultiplied(by: outputs)
        }
    }

    /// Uniform in ±1/√(terms of one sum), as PyTorch draws it.
    public var weight: ParameterDescription {
        switch map {
        case .convolution(let geometry):
            ParameterDescription(
                "\(name).weight", geometry.weightShape, layout: .convolution, initial: initial)
        case .linear(let inputs, let outputs):
            ParameterDescription(
                "\(name).weight", [inputs, outputs], layout: .linear, initial: initial)
        }
    }

    /// Nil without a bias.
    public var bias: ParameterDescription? {
        guard hasBias else { return nil }
        return ParameterDescription("\(name).bias", [outputShape.channels], initial: initial)
    }

    /// Weight, bias and those of the batch norm.
    public var parameters: [ParameterDescription] {
        [weight] + (bias.map { [$0] } ?? []) + (norm?.parameters ?? [])
    }

    private var initial: InitialValue {
        let terms =
            switch map {
            case .convolution(let geometry):
                geometry.weightShape.rows
            case .linear(let inputs, _): inputs
            }
        return .uniform(bound: 1 / Float(terms).squareRoot())
    }
}

/// A batch norm, before any device.
public struct NormDescription: Sendable, Hashable {
    /// PyTorch's name: `conv_block1.block.bn`.
    public let name: String
    /// Its number of channels or features.
    public let channels: Int

    init(_ name: String, channels: Int) {
        self.name = name
        self.channels = channels
    }

    /// γ, `[channels]`.
    public var scale: ParameterDescription {
        ParameterDescription("\(name).weight", [channels], initial: .constant(1))
    }
    /// β, `[channels]`.
    public var shift: ParameterDescription {
        ParameterDescription("\(name).bias", [channels], initial: .constant(0))
    }
    /// `[channels]`, not trained.
    public var runningMean: ParameterDescription {
        ParameterDescription(
            "\(name).running_mean", [channels], initial: .constant(0), isTrained: false)
    }
    /// `[channels]`, not trained.
    public var runningVariance: ParameterDescription {
        ParameterDescription(
            "\(name).running_var", [channels], initial: .constant(1), isTrained: false)
    }
    /// In PyTorch's order.
    public var parameters: [ParameterDescription] { [scale, shift, runningMean, runningVariance] }

    /// The name of PyTorch's count of batches in weights files.
    public var counterName: String { "\(name).num_batches_tracked" }
}
