import KernelSources
import Tensors

/// Convolutions by Winograd's minimal filtering: transforms of tiles, and between them one matrix
/// product for every position in a tile. The tiles are taken in chunks whose transforms stay in a
/// processor's cache, or in bounded memory on a GPU.
extension OpenCLBackend {
    /// A convolution, or an input gradient, in output tiles of `extent`.
    func convolveByWinograd(
        _ input: Tensor, _ weights: Tensor, _ bias: Tensor, _ pass: ConvolutionPass, extent: Int,
        into output: Tensor
    ) throws {
        let (channels, outputs) = (pass.channels, pass.outputChannels)
        let tiles = WinogradTiles(pass, extent: extent)
        let stride = rowStride(channels)
        let chunk = chunk(of: tiles, channels + outputs, filters: channels * outputs)
        let width = panelWidth(rows: chunk, columns: outputs, isLeftTransposed: false)
        try withScratch([
            [tiles.tilePositions, outputs.roundedUp(to: width), channels],
            [tiles.tilePositions, chunk, stride], [tiles.tilePositions, chunk, outputs],
        ]) { scratch in
            let (filters, samples, products) = (scratch[0], scratch[1], scratch[2])
            try launchTransform(
                .winogradWeights, "transform_weights", tiles,
                transformShape(channels, outputs, tiles), [weights, filters], rows: channels,
                outputs,
                [.int(width), .int(pass.flipsWeights ? 1 : 0)])
            for first in Swift.stride(from: 0, to: tiles.count, by: chunk) {
                let rows = min(chunk, tiles.count - first)
                try transformInput(
                    input, pass, tiles, first..<(first + rows), stride, into: samples)
                try multiply(
                    ProductBatch(
                        count: tiles.tilePositions, rows: rows, columns: outputs, depth: channels,
                        left: samples, leftWidth: stride, isLeftTransposed: false,
                        right: filters, output: products))
                try launchTransform(
                    .winogradImages, "transform_output", tiles,
                    transformShape(rows, outputs, tiles),
                    [products, bias, output], rows: rows, outputs,
                    [
                        .int(first), .int(pass.outputHeight), .int(pass.outputWidth),
                        .int(tiles.down), .int(tiles.across),
                    ])
            }
        }
    }

    /// A weight gradient in output tiles of `extent`: the adjoint of the forward transforms, with
    /// the products summed over the tiles before the last of them.
    func weightGradientByWinograd(
        _ input: Tensor, _ outputGradient: Tensor, _ geometry: ConvolutionGeometry, extent: Int,
        into weightGradient: Tensor
    ) throws {
        let pass = ConvolutionPass(forward: geometry)
        let (channels, outputs) = (pass.channels, pass.outputChannels)
        let tiles = WinogradTiles(pass, extent: extent)
        let chunk = chunk(of: tiles, channels + outputs, filters: channels * outputs)
        // In panels the elements that a tile of the product reads lie together.
        let width = panelWidth(rows: channels, columns: outputs, isLeftTransposed: true)
        let leftWidth = engine == .register ? 16 : channels
        try withScratch([
            [tiles.tilePositions, chunk, channels.roundedUp(to: leftWidth)],
            [tiles.tilePositions, chunk, outputs.roundedUp(to: width)],
            [tiles.tilePositions, channels, outputs],
        ]) { scratch in
            let (samples, gradients, products) = (scratch[0], scratch[1], scratch[2])
            for first in Swift.stride(from: 0, to: tiles.count, by: chunk) {
                let rows = min(chunk, tiles.count - first)
                try transformInput(
                    input, pass, tiles, first..<(first + rows), leftWidth, into: samples)
                try launchTransform(
                    .winogradImages, "transform_gradient", tiles,
                    transformShape(rows, outputs, tiles),
                    [outputGradient, try zeros(count: outputs), gradients], rows: rows, outputs,
                    [
                        .int(first), .int(pass.outputHeight), .int(pass.outputWidth),
                        .int(tiles.down), .int(tiles.across), .int(width),
                    ])
                try multiply(
                    ProductBatch(
                        count: tiles.tilePositions, rows: channels, columns: outputs, depth: rows,
                        left: samples, leftWidth: leftWidth, isLeftTransposed: true,
                        right: gradients, accumulates: first > 0, output: products))
            }
            try launchTransform(
                .winogradWeights, "gather_weight_gradient", tiles,
                transformShape(channels, outputs, tiles), [products, weightGradient],
                rows: channels,
                outputs)
        }
    }

    private func transformInput(
        _ input: Tensor, _ pass: ConvolutionPass, _ tiles: WinogradTiles, _ range: Range<Int>,
        _ panelWidth: Int, into samples: Tensor
    ) throws {
        try launchTransform(
            .winogradImages, "transform_input", tiles,
            transformShape(range.count, pass.channels, tiles),
            [input, try zeros(count: pass.channels), samples], rows: range.count, pass.channels,
            [
                .int(range.lowerBound), .int(pass.height), .int(pass.width), .int(tiles.down),
                .int(tiles.across), .int(pass.paddingY), .int(panelWidth),
            ])
    }

    private func launchTransform(
        _ source: KernelSource, _ kernel: String, _ tiles: WinogradTiles, _ shape: LaunchShape,
        _ tensors: [Tensor], rows: Int, _ channels: Int, _ scalars: [KernelArgument] = []
    ) throws {
        try launch(
            source, kernel, shape, defines: [KernelDefine("OUTPUT", tiles.extent)], tensors,
            rows: rows, channels, scalars)
    }

    /// For `rows` rows of tiles. On a processor an element counts as all positions of its tile.
    private func transformShape(
        _ rows: Int, _ channels: Int, _ tiles: WinogradTiles
    ) -> LaunchShape {
        guard engine == .register else { return launchShape(rows: rows, channels: channels) }
        let elements = rows * channels * tiles.tilePositions
        let maxGroups = min(rows, 8 * traits.computeUnits)
        let rowsPerItem = ceilingDivision(rows, (elements >> 14).clamped(to: 1...maxGroups))
        let groups = ceilingDivision(rows, rowsPerItem)
        return LaunchShape(
            vectorWidth: 16, rowsPerItem: rowsPerItem, workGroups: groups, global: [1, groups],
            local: [1, 1])
    }

    /// Elements from one row of a transformed image to the next. Rows a power of two apart fall
    /// into a few sets of a processor's cache, so there a vector lies between them.
    private func rowStride(_ channels: Int) -> Int {
        engine == .register ? channels.roundedUp(to: 64) + 16 : channels
    }

    /// How many tiles of `channels` channels, read and written, are taken at a time. Every chunk
    /// reads all of the `filters` weights, or adds to all of their gradients, so it should not be
    /// much smaller than they are.
    private func chunk(of tiles: WinogradTiles, _ channels: Int, filters: Int) -> Int {
        let slab = traits.slabBytes(engine)
        let budget = engine == .register ? max(slab, 4 * tiles.tilePositions * filters) : slab
        // Whole register tiles, and a depth that is worth an accumulation.
        let chunk = max(budget / (4 * tiles.tilePositions * channels) / 48, 1) * 48
        return min(chunk, tiles.count)
    }
}

/// The output tiles of a convolution.
private struct WinogradTiles {
    /// Rows and columns of an output tile.
    let extent: Int
    /// Tiles along an image, and of the whole batch.
    let down, across, count: Int

    init(_ pass: ConvolutionPass, extent: Int) {
        self.extent = extent
        down = ceilingDivision(pass.outputHeight, extent)
        across = ceilingDivision(pass.outputWidth, extent)
        count = pass.batch * down * across
    }

    /// Elements of an input tile, each of which is one product.
    var tilePositions: Int { (extent + 2) * (extent + 2) }
}
