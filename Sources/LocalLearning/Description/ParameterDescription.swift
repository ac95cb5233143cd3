import Tensors

/// One named tensor of a network, before it has memory.
public struct ParameterDescription: Sendable, Hashable {
    /// PyTorch's name in the published models: `conv_block1.block.conv.weight`. Random initial values
    /// are a function of it and of the seed.
    public let name: String
    /// The name in weights files, if that is another.
    public let fileName: String?
    /// On the device.
    public let shape: Shape
    /// How its elements lie in files.
    public let layout: ParameterLayout
    /// Its values before training.
    public let initial: InitialValue
    /// Whether an optimizer updates it; running values and fixed random projections are not.
    public let isTrained: Bool

    /// A parameter; its name in files is `name` unless `fileName` is another.
    public init(
        _ name: String, fileName: String? = nil, _ shape: Shape, layout: ParameterLayout = .plain,
        initial: InitialValue, isTrained: Bool = true
    ) {
        self.name = name
        self.fileName = fileName
        self.shape = shape
        self.layout = layout
        self.initial = initial
        self.isTrained = isTrained
    }

    /// The shape in weights files, which keep PyTorch's order of axes.
    public var fileShape: Shape { layout.fileShape(shape) }
}
