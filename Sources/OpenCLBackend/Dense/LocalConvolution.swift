import Tensors

extension OpenCLBackend {
    /// The local-memory engine's convolution: an implicit matrix product of pixels by outputs.
    func convolveInLocalMemory(
        _ input: Tensor, _ weights: Tensor, _ bias: Tensor, _ pass: ConvolutionPass,
        into output: Tensor
    ) throws {
        let isAligned = pass.channels % 4 == 0 && pass.outputChannels % 4 == 0
        let tile = try fitted(
            tile(
                for: pass.operation,
                default: LocalTile(
                    rows: pass.pixels, columns: pass.outputChannels, mayOccupy: 1, traits: traits)),
            to: .convolutionLocal, "convolve"
        ) { $0.defines(isAligned: isAligned) }
        try withScratch([pass.flipsWeights ? weights.shape : [1]]) { scratch in
            if pass.flipsWeights {
                let group = min(64, traits.maxWorkGroupSize)
                let groups = min(ceilingDivision(weights.count, group), maxAxis / group)
                try launch(
                    .convolutionLocal, "flip_weights",
                    [
                        .tensor(weights), .tensor(scratch[0]), .int(pass.taps),
                        .int(weights.shape[2]), .int(weights.shape[3]),
                    ],
                    global: [groups * group], local: [group])
            }
            try launch(
                .convolutionLocal, "convolve", defines: tile.defines(isAligned: isAligned),
                [
                    .tensor(input), .tensor(pass.flipsWeights ? scratch[0] : weights),
                    .tensor(bias), .tensor(output), .int(pass.height), .int(pass.width),
                    .int(pass.channels), .int(pass.outputHeight), .int(pass.outputWidth),
                    .int(pass.outputChannels), .int(pass.pixels), .int(pass.kernelHeight),
                    .int(pass.kernelWidth), .int(pass.stride), .int(pass.divisor),
                    .int(pass.paddingY), .int(pass.paddingX),
                ],
                global: tile.global(pass.pixels, pass.outputChannels), local: tile.local)
        }
    }

    /// The local-memory engine's weight gradient: an implicit product of taps and channels by
    /// outputs, its depth the pixels of the batch.
    func weightGradientInLocalMemory(
        _ input: Tensor, _ outputGradient: Tensor, _ geometry: ConvolutionGeometry,
        into weightGradient: Tensor
    ) throws {
        let (rows, columns) = (geometry.taps * geometry.inputChannels, geometry.outputChannels)
        let pixels = geometry.outputPixels
        let isAligned = geometry.inputChannels % 4 == 0 && columns % 4 == 0
        let tile = try fitted(
            tile(
                for: .convolution(geometry, .weightGradient),
                default: LocalTile(
                    rows: rows, columns: columns, mayOccupy: max(pixels / 256, 1), traits: traits)),
            to: .convolutionLocal, "weight_gradient"
        ) { $0.defines(isAligned: isAligned) }
        let (splits, pixelsPerSplit) = tile.splits(rows, columns, depth: pixels, traits)
        let zeros = try zeros(count: columns)
        try withScratch([splits > 1 ? [splits, rows, columns] : [1]]) { scratch in
            try launch(
                .convolutionLocal, "weight_gradient", defines: tile.defines(isAligned: isAligned),
                [
                    .tensor(input), .tensor(outputGradient), .tensor(zeros),
                    .tensor(splits > 1 ? scratch[0] : weightGradient), .int(geometry.height),
                    .int(geometry.width), .int(geometry.inputChannels),
                    .int(geometry.outputHeight), .int(geometry.outputWidth), .int(columns),
                    .int(rows), .int(pixels), .int(geometry.kernelWidth), .int(geometry.stride),
                    .int(geometry.padding), .int(pixelsPerSplit),
                ],
                global: tile.global(rows, columns, splits: splits), local: tile.local)
            if splits > 1 {
                try addPartials(
                    scratch[0], splits: splits, rows: rows, bias: zeros, into: weightGradient)
            }
        }
    }
}
