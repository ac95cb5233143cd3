import Tensors

/// Turns an architecture's stages into units, one after the other, following the shape of a sample.
struct UnitBuilder {
    let architecture: Architecture
    /// What the units built so far put out, of one sample.
    var shape: Shape
    let classes: Int
    let rule: any LearningRule
    let settings: LocalLossSettings
    let pooling: Pooling
    let hasDropout: Bool
    let backend: any Backend
    private var convolutions = 0, linears = 0
    /// Whether the last block hands on the max pool that is the next stage.
    private var isMaxPooled = false

    init(
        architecture: Architecture, shape: Shape, classes: Int, rule: any LearningRule,
        settings: LocalLossSettings, pooling: Pooling, hasDropout: Bool, backend: any Backend
    ) {
        self.architecture = architecture
        self.shape = shape
        self.classes = classes
        self.rule = rule
        self.settings = settings
        self.pooling = pooling
        self.hasDropout = hasDropout
        self.backend = backend
    }

    /// Nil for a dropout where there is none, and for a max pool that the block before it does.
    ///
    /// - Throws: ``ArchitectureError`` where the stage cannot take the shape it would be given.
    mutating func unit(_ stage: Stage, before next: Stage?) throws -> Network.Unit? {
        let unit: Network.Unit
        switch stage {
        case .convolution(let channels, let stride, let pool):
            try require(shape.rank == 3, "a convolution takes an image")
            let output = spatial(channels, stride, padding: 1)
            // Where blocks are trained by themselves nobody else needs their activations.
            isMaxPooled = next == .maxPool && pooling == .max && rule.retention == .block
            if isMaxPooled { try requirePool(of: output) }
            unit = try block(nextConvolution(), output: output, pool) { name, head in
                try ConvolutionBlock(
                    name: name, input: shape, channels: channels, stride: stride, poolSize: pool,
                    maxPools: isMaxPooled, style: rule.style, head: head, on: backend)
            }
        case .depthwise(let channels, let stride, let pool):
            try require(shape.rank == 3, "a convolution takes an image")
            unit = try block(
                nextConvolution(), output: spatial(channels, stride, padding: stride),
                pool
            ) { name, head in
                try DepthwiseBlock(
                    name: name, input: shape, channels: channels, stride: stride, poolSize: pool,
                    style: rule.style, head: head, on: backend)
            }
        case .linear(let features, let pool):
            try require(
                shape.rank == 1, "a linear block takes features, so a pool must come before it")
            unit = try block(nextLinear(), output: [features], pool) { name, head in
                try LinearBlock(
                    name: name, inputs: shape[0], outputs: features, poolSize: pool,
                    style: rule.style, head: head, on: backend)
            }
        case .maxPool:
            guard !isMaxPooled else {
                isMaxPooled = false
                return nil
            }
            try requirePool(of: shape)
            unit = try pool()
        case .averagePool(let size):
            try require(shape.rank == 3, "an average pool takes an image")
            unit = .averagePool(input: shape, size: size)
        case .dropout:
            guard hasDropout else { return nil }
            unit = .dropout(shape: shape)
        }
        shape = unit.outputShape
        return unit
    }

    private func pool() throws -> Network.Unit {
        guard pooling == .mean else { return .maxPool(input: shape) }
        let geometry = ConvolutionGeometry(
            batch: 1, height: shape[0], width: shape[1], inputChannels: shape[2],
            outputChannels: shape[2], kernelHeight: 2, kernelWidth: 2, stride: 2, padding: 0,
            groups: shape[2])
        let weights = try backend.makeTensor(geometry.weightShape)
        try backend.fill(weights, with: 0.25)
        return .meanPool(geometry, weights: weights)
    }

    private mutating func nextConvolution() -> String {
        convolutions += 1
        return "conv_block\(convolutions)"
    }

    private mutating func nextLinear() -> String {
        linears += 1
        return "linear_block\(linears)"
    }

    private func spatial(_ channels: Int, _ stride: Int, padding: Int) -> Shape {
        [
            (shape[0] + 2 * padding - 3) / stride + 1, (shape[1] + 2 * padding - 3) / stride + 1,
            channels,
        ]
    }

    private func block(
        _ name: String, output: Shape, _ pool: Int,
        make: (String, [ParameterDescription]) throws -> any Block
    ) throws -> Network.Unit {
        let pooling = AveragePoolGeometry(inputShape: Shape([1] + output.dimensions), size: pool)
        let shape = HeadShape(
            block: name, output: output, features: pooling.features,
            projectionLength: architecture.projectionLength ?? pooling.features,
            reducedRows: architecture.reducedRows(classes: classes), classes: classes)
        let head: (any BlockHead)? =
            if let rule = rule as? any LocalRule {
                try rule.makeLocalHead(for: shape, settings, on: backend)
            } else {
                try rule.makeHead(for: shape, settings, on: backend)
            }
        let block = try make(name, head?.descriptions ?? [])
        try head?.bind(to: block.group, on: backend)
        return .block(block, head: head)
    }

    private func requirePool(of image: Shape) throws {
        try require(
            image.rank == 3 && image[0] >= 2 && image[1] >= 2,
            "a 2×2 pool takes at least 2×2 pixels", found: image)
    }

    private func require(_ condition: Bool, _ reason: String, found: Shape? = nil) throws {
        guard !condition else { return }
        throw ArchitectureError(
            description:
                "\(architecture.name) cannot take this input: \(reason), not \(found ?? shape)")
    }
}
