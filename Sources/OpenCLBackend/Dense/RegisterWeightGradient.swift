import Tensors

extension OpenCLBackend {
    /// The register engine's weight gradient: a sum of outer products for every tap, over rows of
    /// images. Images are taken in slabs whose copies, in the order of the sums, stay in the cache.
    func weightGradientInRegisters(
        _ input: Tensor, _ outputGradient: Tensor, _ geometry: ConvolutionGeometry,
        into weightGradient: Tensor
    ) throws {
        let image = ImageView(ConvolutionPass(forward: geometry))
        let outputs = geometry.outputChannels
        let tile = tile(
            for: .convolution(geometry, .weightGradient),
            default: RegisterTile.forOuterProducts(rows: image.channels, columns: outputs, traits)
        ).noHigher(than: image.channels)
        let panels = ceilingDivision(outputs, tile.columns)
        let blocks = ceilingDivision(image.channels, tile.height)
        let columns = min(
            image.width,
            (geometry.outputWidth - 1) * geometry.stride + image.kernelWidth - image.paddingX)
        let blockShape: Shape = [blocks, image.height, columns, tile.height]
        let panelShape: Shape = [
            panels, geometry.outputHeight * geometry.outputWidth, tile.columns,
        ]
        let slab = slab(
            of: geometry.batch,
            bytesPerImage: 4
                * (image.height * columns * image.channels
                    + geometry.outputHeight * geometry.outputWidth * outputs))
        let tiles = geometry.kernelHeight * image.kernelWidth * blocks * panels
        let weightRows = geometry.taps * geometry.inputChannels
        let split = DepthSplit(
            depth: slab * geometry.outputHeight, rowLength: geometry.outputWidth, rows: weightRows,
            columns: outputs, tiles: tiles, computeUnits: traits.computeUnits)
        let tilesPerGroup = ceilingDivision(tiles, split.tileGroups)
        // One whole panel is the gradient as it lies.
        let packsGradient = outputs != tile.columns
        // A chunk of the input, 256 KB, stays in a core's cache.
        let cached = (65_536 / image.channels).clamped(to: 128...512)
        let rowsPerChunk = max(cached / geometry.outputWidth, 1)
        try withScratch([
            image.paddedShape, [slab, blockShape.count],
            packsGradient ? [slab, panelShape.count] : [1],
            split.splits > 1 ? [split.splits, weightGradient.count] : [1],
        ]) { scratch in
            let source = try pad(input, image, into: scratch[0])
            let sums = split.splits > 1 ? scratch[3] : weightGradient
            for first in stride(from: 0, to: geometry.batch, by: slab) {
                let images = min(slab, geometry.batch - first)
                func rows(_ height: Int) -> Range<Int> {
                    first * height..<(first + images) * height
                }
                try packChannels(
                    source, rows: rows(image.height), stride: image.pixelStride,
                    channels: image.channels, columns: columns, width: tile.height,
                    into: scratch[1])
                let gradientRows = rows(geometry.outputHeight)
                if packsGradient {
                    try packChannels(
                        outputGradient, rows: gradientRows, stride: outputs, channels: outputs,
                        columns: geometry.outputWidth, width: tile.columns, into: scratch[2])
                }
                try launch(
                    .weightGradientRegister, "weight_gradient",
                    defines: tile.defines(KernelDefine("CHANNELS", tile.height)),
                    [
                        .tensor(scratch[1]),
                        .tensor(packsGradient ? scratch[2] : outputGradient), .tensor(sums),
                        .int(image.height), .int(columns), .int(image.channels),
                        .int(geometry.outputHeight), .int(geometry.outputWidth), .int(outputs),
                        .int(images * geometry.outputHeight), .int(geometry.kernelHeight),
                        .int(image.kernelWidth), .int(geometry.stride), .int(image.paddingY),
                        .int(split.depthPerSplit), .int(rowsPerChunk),
                        .int(tilesPerGroup), .int(packsGradient ? 0 : gradientRows.lowerBound),
                        .int(first > 0 ? 1 : 0),
                    ],
                    global: [ceilingDivision(tiles, tilesPerGroup), split.splits], local: [1, 1])
            }
            if split.splits > 1 {
                try addPartials(
                    sums, splits: split.splits, rows: weightRows,
                    bias: try zeros(count: outputs), into: weightGradient)
            }
        }
    }

    /// The images of one slab: equal shares of the batch, as many as a part of the cache holds. It
    /// does not depend on the tile, which must not change a byte.
    private func slab(of batch: Int, bytesPerImage: Int) -> Int {
        let slabs = ceilingDivision(batch, max(traits.slabBytes(.register) / bytesPerImage, 1))
        return ceilingDivision(batch, slabs)
    }

    /// Rows `rows` of images, `stride` elements a pixel, to blocks of `width` channels.
    private func packChannels(
        _ images: Tensor, rows: Range<Int>, stride: Int, channels: Int, columns: Int, width: Int,
        into packed: Tensor
    ) throws {
        try launch(
            .weightGradientRegister, "pack_channels",
            defines: [KernelDefine("CHANNELS", width), KernelDefine("VECTOR", 16)],
            [
                .tensor(images), .tensor(packed), .int(rows.lowerBound),
                .int(images.shape[2]), .int(stride), .int(channels), .int(columns),
            ],
            global: [rows.count], local: [1])
    }
}
