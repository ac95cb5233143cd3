import Tensors

/// Turns an architecture's stages into nodes, one after the other, following the shape of a sample.
struct DescriptionBuilder {
    let architecture: Architecture
    let rule: any LearningRule
    let classes: Int
    let options: NetworkOptions
    /// The shape that the nodes built so far put out.
    private(set) var shape: Shape
    private(set) var nodes: [NetworkDescription.Node] = []
    private var counts: [String: Int] = [:]

    init(
        _ architecture: Architecture, input: Shape, classes: Int, rule: any LearningRule,
        _ options: NetworkOptions
    ) {
        self.architecture = architecture
        self.rule = rule
        self.classes = classes
        self.options = options
        shape = input
    }

    /// - Throws: ``ArchitectureError`` if a stage cannot take the shape that it would be given.
    mutating func build() throws(ArchitectureError) {
        var previous: BlockStage?
        for (index, stage) in architecture.stages.enumerated() {
            let next = index + 1 < architecture.stages.count ? architecture.stages[index + 1] : nil
            switch stage {
            case .block(let block):
                try append(block, maxPools: next == .maxPool && mayMaxPool(block))
                previous = block
                continue
            case .maxPool:
                let name = number("max_pool")
                // The block before has taken it.
                if let previous, mayMaxPool(previous) { break }
                try requirePool(name, of: shape)
                append(name, maxPool())
            case .averagePool(let size):
                let name = number("average_pool")
                try require(size > 0, name, "a pool needs a positive size, not \(size)")
                try require(shape.rank == 3, name, "an average pool takes an image, not \(shape)")
                append(name, .averagePool(size: size), [shape[2] * size * size])
            case .dropout:
                let name = number("dropout")
                if options.dropout > 0 { append(name, .dropout, shape) }
            }
            previous = nil
        }
    }

    /// - Throws: ``ArchitectureError`` if there are fewer blocks than shall be frozen.
    func checkFrozenBlocks() throws(ArchitectureError) {
        let blocks = nodes.count { if case .block = $0.operation { true } else { false } }
        guard (0...blocks).contains(options.frozenBlocks) else {
            throw ArchitectureError(
                network: architecture.name, layer: "freeze",
                reason: "\(options.frozenBlocks) blocks cannot be frozen: it has \(blocks)")
        }
    }

    /// Whether a block hands on the max pool behind it. If blocks are trained by themselves, nothing
    /// else needs their activations.
    private func mayMaxPool(_ block: BlockStage) -> Bool {
        guard options.pooling == .max, case .local = rule.method else { return false }
        guard case .convolutions(let layers) = block.layers else { return false }
        return layers.count == 1 && layers.allSatisfy(\.hasNorm)
    }

    private func maxPool() -> (NetworkDescription.Operation, Shape) {
        guard options.pooling == .mean else {
            return (.maxPool, [shape[0] / 2, shape[1] / 2, shape[2]])
        }
        let geometry = ConvolutionGeometry(
            batch: 1, height: shape[0], width: shape[1], inputChannels: shape[2],
            outputChannels: shape[2], kernelHeight: 2, kernelWidth: 2, stride: 2, padding: 0,
            groups: shape[2])
        return (
            .meanPool(geometry),
            [geometry.outputHeight, geometry.outputWidth, geometry.outputChannels]
        )
    }

    // MARK: Blocks

    private mutating func append(
        _ stage: BlockStage, maxPools: Bool
    ) throws(ArchitectureError) {
        var layers: [LayerDescription] = []
        var shortcut: BlockDescription.ShortcutDescription?
        let name: String
        var activation = rule.blockOptions.activation
        switch stage.layers {
        case .convolutions(let stages):
            name = number("conv_block")
            layers = try convolutions(stages, of: name)
            activation = stages.last?.activation ?? activation
        case .residual(let stages, let path):
            name = number("res_block")
            layers = try convolutions(stages, of: name, isResidual: true)
            activation = stages.last?.activation ?? activation
            shortcut = try self.shortcut(path, around: layers, of: name)
        case .linear(let stage):
            name = number("linear_block")
            try require(stage.features > 0, name, "it needs a positive number of features")
            try require(
                shape.rank == 1, name,
                "a linear block takes features, so an average pool must come before it")
            activation = stage.activation ?? activation
            layers = [
                LayerDescription(
                    prefix(name) + "linear", .linear(inputs: shape[0], outputs: stage.features),
                    hasBias: stage.hasBias, normName: stage.hasNorm ? prefix(name) + "bn" : nil,
                    activation: activation)
            ]
        }
        try require(stage.pool > 0, name, "a local loss's pool needs a positive size")
        var block = BlockDescription(
            name: name, inputShape: shape, layers: layers, shortcut: shortcut,
            activation: activation, pool: stage.pool, maxPools: maxPools)
        if maxPools { try requirePool(name, of: block.activationShape) }
        block.ruleParameters = rule.parameters(
            of: BlockShape(block, classes: classes, network: architecture.original))
        append(name, .block(block), block.outputShape)
    }

    private func convolutions(
        _ stages: [ConvolutionStage], of block: String, isResidual: Bool = false
    ) throws(ArchitectureError) -> [LayerDescription] {
        try require(!stages.isEmpty, block, "it has no layers")
        var shape = shape
        var layers: [LayerDescription] = []
        for (index, stage) in stages.enumerated() {
            let number = stages.count == 1 ? "" : "\(index + 1)"
            let isLast = index == stages.count - 1
            let layer = LayerDescription(
                "\(prefix(block))conv\(number)",
                .convolution(try geometry(stage, of: shape, in: block)), hasBias: stage.hasBias,
                normName: stage.hasNorm ? "\(prefix(block))bn\(number)" : nil,
                activation: isResidual && isLast
                    ? .identity : stage.activation ?? rule.blockOptions.activation)
            layers.append(layer)
            shape = layer.outputShape
        }
        return layers
    }

    private func shortcut(
        _ shortcut: Shortcut, around layers: [LayerDescription], of block: String
    ) throws(ArchitectureError) -> BlockDescription.ShortcutDescription {
        let output = layers[layers.count - 1].outputShape
        let stage: ConvolutionStage
        switch shortcut {
        case .convolution(let convolution): stage = convolution
        case .automatic where shape != output:
            let stride = layers.reduce(1) { product, layer in
                guard case .convolution(let geometry) = layer.map else { return product }
                return product.saturatingMultiplied(by: geometry.stride)
            }
            stage = ConvolutionStage(
                output.channels, kernel: 1, stride: stride, hasBias: false)
        case .automatic, .identity:
            try require(
                shape == output, block,
                "its layers make \(output) of \(shape), to which the input cannot be added")
            return .identity
        }
        let layer = LayerDescription(
            prefix(block) + "downsample.0",
            .convolution(try geometry(stage, of: shape, in: block)), hasBias: stage.hasBias,
            normName: stage.hasNorm ? prefix(block) + "downsample.1" : nil,
            activation: stage.activation ?? .identity)
        try require(
            layer.outputShape == output, block,
            "its layers make \(output) of \(shape), and its shortcut makes \(layer.outputShape)")
        return .layer(layer)
    }

    private func geometry(
        _ stage: ConvolutionStage, of shape: Shape, in block: String
    ) throws(ArchitectureError) -> ConvolutionGeometry {
        try require(shape.rank == 3, block, "a convolution takes an image, not \(shape)")
        let inputs = shape[2]
        let outputs = stage.channels ?? inputs
        let groups = stage.groups ?? inputs
        try require(
            min(outputs, stage.kernel, stage.stride, groups) > 0 && stage.padding >= 0, block,
            "a convolution needs positive extents")
        try require(
            inputs.isMultiple(of: groups) && outputs.isMultiple(of: groups), block,
            "\(groups) groups do not divide \(inputs) and \(outputs) channels")
        let padded = min(shape[0], shape[1])
            .saturatingAdding(stage.padding.saturatingMultiplied(by: 2))
        try require(
            padded >= stage.kernel, block,
            "a kernel of \(stage.kernel)×\(stage.kernel) is larger than the padded image "
                + "\(shape)")
        return ConvolutionGeometry(
            batch: 1, height: shape[0], width: shape[1], inputChannels: inputs,
            outputChannels: outputs, kernelHeight: stage.kernel, kernelWidth: stage.kernel,
            stride: stage.stride, padding: stage.padding, groups: groups)
    }

    // MARK: Names and checks

    private mutating func number(_ kind: String) -> String {
        counts[kind, default: 0] += 1
        return "\(kind)\(counts[kind] ?? 0)"
    }

    private func prefix(_ block: String) -> String { "\(block).\(rule.blockOptions.prefix)" }

    private mutating func append(
        _ name: String, _ made: (operation: NetworkDescription.Operation, shape: Shape)
    ) { append(name, made.operation, made.shape) }

    private mutating func append(
        _ name: String, _ operation: NetworkDescription.Operation, _ output: Shape
    ) {
        nodes.append(
            NetworkDescription.Node(
                name: name, operation: operation, reads: nodes.isEmpty ? nil : nodes.count - 1,
                inputShape: shape, outputShape: output))
        shape = output
    }

    /// - Throws: ``ArchitectureError`` unless each class has a weight that it may have, or none has.
    func checkClassWeights() throws(ArchitectureError) {
        guard let weights = options.classWeights else { return }
        let range = NetworkOptions.classWeightRange
        try require(
            weights.count == classes, "class weights",
            "there are \(weights.count) for \(classes) classes; give one for each class")
        for (index, weight) in weights.enumerated() {
            try require(
                range.contains(weight), "class weights",
                "that of class \(index) is \(weight); give numbers from \(range.lowerBound) to "
                    + "\(range.upperBound)")
        }
    }

    private func requirePool(_ layer: String, of image: Shape) throws(ArchitectureError) {
        try require(
            image.rank == 3 && image[0] >= 2 && image[1] >= 2, layer,
            "a 2×2 pool takes at least 2×2 pixels, not \(image)")
    }

    private func require(
        _ condition: Bool, _ layer: String, _ reason: @autoclosure () -> String
    ) throws(ArchitectureError) {
        guard !condition else { return }
        throw ArchitectureError(network: architecture.name, layer: layer, reason: reason())
    }
}
