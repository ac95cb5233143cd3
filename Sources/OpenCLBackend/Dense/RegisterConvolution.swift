import Tensors

extension OpenCLBackend {
    /// The register engine's convolution: weights in panels, the image read in place.
    func convolveInRegisters(
        _ input: Tensor, _ weights: Tensor, _ bias: Tensor, _ pass: ConvolutionPass,
        into output: Tensor
    ) throws {
        let tile = tile(
            for: pass.operation,
            default: RegisterTile.forProduct(
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
                defines: tile.defines(
                    KernelDefine("PIXELS", tile.height),
                    KernelDefine("BOUNDED", image.staysInside ? 0 : 1)),
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

    private func packWeights(
        _ weights: Tensor, _ pass: ConvolutionPass, _ tile: RegisterTile, into panels: Tensor
    ) throws {
        try launch(
            .convolutionRegister, "pack_weights",
            defines: tile.defines(),
            [
                .tensor(weights), .tensor(panels), .int(weights.shape[2]), .int(weights.shape[3]),
                .int(pass.flipsWeights ? 1 : 0),
            ],
            global: [panels.shape[0], pass.taps], local: [1, 1])
    }

    /// `input` as `image` wants it: itself, or a copy with zeros around it.
    func pad(_ input: Tensor, _ image: ImageView, into padded: Tensor) throws -> Tensor {
        guard image.margin > 0 else { return input }
        let (height, width) = (input.shape[1], input.shape[2])
        try launch(
            .convolutionRegister, "pad_image",
            defines: RegisterTile(height: 1, vectors: 1).defines(),
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
struct ImageView {
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
