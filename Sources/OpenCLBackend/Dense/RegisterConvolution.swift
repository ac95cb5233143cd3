import Tensors

extension OpenCLBackend {
    /// The register engine's convolution: weights in panels, the image read in place.
    func convolveInRegisters(
        _ input: Tensor, _ weights: Tensor, _ bias: Tensor, _ pass: ConvolutionPass,
        into output: Tensor
    ) throws {
        let tile = tile(
            for: pass.operation,
            shipped: RegisterTile.forProduct(
                rows: pass.pixels, columns: pass.outputChannels, traits)
        ).noHigher(than: pass.pixels)
        let panels = ceilingDivision(pass.outputChannels, tile.columns)
        let zeros = try zeros(count: pass.channels)
        let image = ImageView(pass)
        try withScratch([
            [panels, pass.taps, pass.channels, tile.columns], image.paddedShape,
        ]) { scratch in
            try packWeights(weights, pass, tile, into: scratch[0])
            let source = try pad(input, image, into: scratch[1])
            let bands = ceilingDivision(pass.pixels, tile.height)
            let tilesPerGroup = tile.tilesPerGroup(
                bands, lanes: panels, depth: pass.taps * pass.channels,
                computeUnits: traits.computeUnits)
            try launch(
                .convolutionRegister, "convolve",
                defines: [
                    KernelDefine("PIXELS", tile.height), KernelDefine("VECTORS", tile.vectors),
                    KernelDefine("BOUNDED", image.staysInside ? 0 : 1),
                ],
                [
                    .tensor(source), .tensor(scratch[0]), .tensor(bias), .tensor(zeros),
                    .tensor(output), .int(image.height), .int(image.width),
                    .int(image.pixelStride), .int(image.channels), .int(pass.outputHeight),
                    .int(pass.outputWidth), .int(pass.outputChannels), .int(pass.pixels),
                    .int(pass.kernelHeight), .int(image.kernelWidth), .int(pass.stride),
                    .int(pass.divisor), .int(image.paddingY), .int(image.paddingX),
                    .int(tilesPerGroup),
                ],
                global: [panels, ceilingDivision(bands, tilesPerGroup)], local: [1, 1])
        }
    }

    /// The register engine's weight gradient: a sum of outer products for every tap, over rows of
    /// images.
    func weightGradientInRegisters(
        _ input: Tensor, _ outputGradient: Tensor, _ geometry: ConvolutionGeometry,
        into weightGradient: Tensor
    ) throws {
        let pass = ConvolutionPass(forward: geometry)
        let image = ImageView(pass)
        let outputs = geometry.outputChannels
        let tile = tile(
            for: .convolution(geometry, .weightGradient),
            shipped: RegisterTile.forOuterProducts(rows: image.channels, columns: outputs, traits)
        ).noHigher(than: image.channels)
        let panels = ceilingDivision(outputs, tile.columns)
        let tiles =
            ceilingDivision(image.channels, tile.height) * geometry.kernelHeight
            * image.kernelWidth * panels
        let imageRows = geometry.batch * geometry.outputHeight
        let weightRows = geometry.taps * geometry.inputChannels
        let split = DepthSplit(
            depth: imageRows, unit: geometry.outputWidth, rows: weightRows, columns: outputs,
            tiles: tiles, computeUnits: traits.computeUnits)
        let tilesPerGroup = ceilingDivision(tiles, split.tileGroups)
        let packs = outputs % tile.columns != 0
        try withScratch([
            image.paddedShape, packs ? [panels, geometry.outputPixels, tile.columns] : [1],
            split.splits > 1 ? [split.splits, weightGradient.count] : [1],
        ]) { scratch in
            let source = try pad(input, image, into: scratch[0])
            if packs {
                // The gradient as the weights of one tap for every image.
                try launch(
                    .convolutionRegister, "pack_weights",
                    defines: [KernelDefine("VECTORS", tile.vectors)],
                    [
                        .tensor(outputGradient), .tensor(scratch[1]),
                        .int(geometry.outputPixels / geometry.batch), .int(outputs), .int(0),
                    ],
                    global: [panels, geometry.batch], local: [1, 1])
            }
            try launch(
                .convolutionRegister, "weight_gradient",
                defines: [
                    KernelDefine("CHANNELS", tile.height), KernelDefine("VECTORS", tile.vectors),
                ],
                [
                    .tensor(source), .tensor(packs ? scratch[1] : outputGradient),
                    .tensor(split.splits > 1 ? scratch[2] : weightGradient),
                    .int(image.height), .int(image.width), .int(image.pixelStride),
                    .int(image.channels), .int(geometry.outputHeight), .int(geometry.outputWidth),
                    .int(outputs), .int(imageRows), .int(packs ? tile.columns : outputs),
                    .int(packs ? tile.columns * geometry.outputPixels : tile.columns),
                    .int(geometry.kernelHeight), .int(image.kernelWidth), .int(geometry.stride),
                    .int(image.paddingY), .int(split.depthPerSplit), .int(split.depthPerChunk),
                    .int(tilesPerGroup),
                ],
                global: [ceilingDivision(tiles, tilesPerGroup), split.splits], local: [1, 1])
            if split.splits > 1 {
                try addPartials(
                    scratch[2], splits: split.splits, rows: weightRows,
                    bias: try zeros(count: outputs), into: weightGradient)
            }
        }
    }

    private func packWeights(
        _ weights: Tensor, _ pass: ConvolutionPass, _ tile: RegisterTile, into panels: Tensor
    ) throws {
        try launch(
            .convolutionRegister, "pack_weights",
            defines: [KernelDefine("VECTORS", tile.vectors)],
            [
                .tensor(weights), .tensor(panels), .int(weights.shape[2]), .int(weights.shape[3]),
                .int(pass.turnsWeights ? 1 : 0),
            ],
            global: [panels.shape[0], pass.taps], local: [1, 1])
    }

    /// `input` as `image` wants it: itself, or a copy with zeros around it.
    private func pad(_ input: Tensor, _ image: ImageView, into padded: Tensor) throws -> Tensor {
        guard image.margin > 0 else { return input }
        let (height, width) = (input.shape[1], input.shape[2])
        try launch(
            .convolutionRegister, "pad_image", defines: [KernelDefine("VECTORS", 1)],
            [
                .tensor(input), .tensor(padded), .int(height), .int(width),
                .int(input.shape.channels), .int(image.margin),
            ],
            global: [height + 2 * image.margin, input.shape[0]], local: [1, 1])
        return padded
    }
}

/// How the register engine sees an image. Where no tap falls outside, the taps of one kernel row
/// are one long run of memory: a kernel of width 1 with `kernelWidth · channels` channels. With few
/// channels that is worth a padded copy.
private struct ImageView {
    let height, width, channels, pixelStride, kernelWidth, paddingY, paddingX: Int
    /// Rows and columns of zeros around the copy; 0 when the image is read in place.
    let margin: Int
    let paddedShape: Shape

    /// The longest run of taps that is copied rather than read in place.
    private static let shortRun = 16

    init(_ pass: ConvolutionPass) {
        let run = pass.kernelWidth * pass.channels
        let isCopied =
            pass.paddingY == pass.paddingX && pass.paddingY > 0 && pass.divisor == 1
            && run <= Self.shortRun
        margin = isCopied ? pass.paddingY : 0
        height = pass.height + 2 * margin
        width = pass.width + 2 * margin
        pixelStride = pass.channels
        (paddingY, paddingX) = (pass.paddingY - margin, pass.paddingX - margin)
        let isRun = isCopied || pass.staysInside
        channels = isRun ? run : pass.channels
        kernelWidth = isRun ? 1 : pass.kernelWidth
        paddedShape = isCopied ? [pass.batch, height, width, pixelStride] : [1]
        staysInside = isRun
    }

    /// Whether no tap ever falls outside.
    let staysInside: Bool
}
