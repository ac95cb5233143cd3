import Tensors

/// Turns an architecture's stages into units, one after the other, following the shape of a sample.
struct UnitBuilder {
    let architecture: Architecture
    /// What the units built so far put out, of one sample.
    var shape: Shape
    let classes: Int
    let rule: any LearningRule
    let settings: LocalLossSettings
    let backend: any Backend
    private var convolutions = 0, linears = 0

    init(
        architecture: Architecture, shape: Shape, classes: Int, rule: any LearningRule,
        settings: LocalLossSettings, backend: any Backend
    ) {
        self.architecture = architecture
        self.shape = shape
        self.classes = classes
        self.rule = rule
        self.settings = settings
        self.backend = backend
    }

    /// - Throws: ``ArchitectureError`` where the stage cannot take the shape it would be given.
    mutating func unit(_ stage: Stage) throws -> Network.Unit {
        let unit =
            switch stage {
            case .convolution(let channels, let stride, let pool):
                try convolution(channels, stride: stride, pool: pool)
            case .linear(let features, let pool):
                try linear(features, pool: pool)
            case .maxPool:
                try maxPool()
            case .averagePool(let size):
                try averagePool(size)
            }
        shape = unit.outputShape
        return unit
    }

    private mutating func convolution(
        _ channels: Int, stride: Int, pool: Int
    ) throws -> Network.Unit {
        try require(shape.rank == 3, "a convolution takes an image")
        convolutions += 1
        let name = "conv_block\(convolutions)"
        let (rows, columns) = ((shape[0] - 1) / stride + 1, (shape[1] - 1) / stride + 1)
        let head = try head(
            name, pooling: [1, rows, columns, channels], to: pool)
        return .block(
            try ConvolutionBlock(
                name: name, input: shape, channels: channels, stride: stride, poolSize: pool,
                head: head?.descriptions ?? [], on: backend),
            head: head)
    }

    private mutating func linear(_ features: Int, pool: Int) throws -> Network.Unit {
        try require(shape.rank == 1, "a linear block takes features, so a pool must come before it")
        linears += 1
        let name = "linear_block\(linears)"
        let head = try head(name, pooling: [1, features], to: pool)
        return .block(
            try LinearBlock(
                name: name, inputs: shape[0], outputs: features, poolSize: pool,
                head: head?.descriptions ?? [], on: backend),
            head: head)
    }

    private func maxPool() throws -> Network.Unit {
        try require(
            shape.rank == 3 && shape[0] >= 2 && shape[1] >= 2, "a 2×2 max pool needs 2×2 pixels")
        return .maxPool(input: shape)
    }

    private func averagePool(_ size: Int) throws -> Network.Unit {
        try require(shape.rank == 3, "an average pool takes an image")
        return .averagePool(input: shape, size: size)
    }

    private func head(
        _ block: String, pooling output: Shape, to size: Int
    ) throws -> (any LocalHead)? {
        let features = AveragePoolGeometry(inputShape: output, size: size).features
        return try rule.makeHead(
            for: HeadShape(block: block, features: features, classes: classes), settings,
            on: backend)
    }

    private func require(_ condition: Bool, _ reason: String) throws {
        guard !condition else { return }
        throw ArchitectureError(
            description: "\(architecture.name) cannot take this input: \(reason), not \(shape)")
    }
}
