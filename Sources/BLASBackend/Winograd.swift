import CVectorLoops
import Tensors

/// Convolutions by Winograd's minimal filtering: transforms in C, products by OpenBLAS.
extension BLASBackend {
    /// `y = x ∗ weights (+ bias)`.
    func winogradConvolve(
        _ x: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
        _ geometry: ConvolutionGeometry, _ size: WinogradSize, into y: UnsafeMutablePointer<Float>
    ) throws {
        let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
        try winogradFilter(
            x, inputs, weights, geometry, size, isGradient: false, bias: bias, into: y, outputs)
    }

    /// `x = g ∗ flipped weights`: a convolution too, from output to input channels.
    func winogradInputGradient(
        _ g: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
        _ geometry: ConvolutionGeometry, _ size: WinogradSize,
        into x: UnsafeMutablePointer<Float>
    ) throws {
        let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
        try winogradFilter(
            g, outputs, weights, geometry, size, isGradient: true, bias: nil, into: x, inputs)
    }

    /// Filters images of `sourceChannels` to images of `resultChannels`.
    private func winogradFilter(
        _ source: UnsafePointer<Float>, _ sourceChannels: Int, _ weights: UnsafePointer<Float>,
        _ geometry: ConvolutionGeometry, _ size: WinogradSize, isGradient: Bool,
        bias: UnsafePointer<Float>?, into result: UnsafeMutablePointer<Float>,
        _ resultChannels: Int
    ) throws {
        let tiles = WinogradTiles(size, geometry)
        let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
        try withWinogradMemory(
            size,
            [(inputs, outputs), (tiles.chunk, sourceChannels), (tiles.chunk, resultChannels)],
            margin: sourceChannels + threads.count * resultChannels
        ) { matrices, margin in
            let (filter, before, after) = (matrices[0], matrices[1], matrices[2])
            let discard = margin + sourceChannels
            transformWeights(weights, size, isFlipped: isGradient, into: filter)
            for chunk in tiles.chunks {
                overTiles(tiles, chunk, channels: sourceChannels) { _, part, shape in
                    vector_winograd_input(
                        source, shape, sourceChannels, part.lowerBound, part.count, margin,
                        before.memory + (part.lowerBound - chunk.lowerBound) * sourceChannels,
                        before.stride)
                }
                overTilePositions(size, work: chunk.count * inputs * outputs) { position in
                    MatrixProduct(
                        left: before[position], leftStride: sourceChannels, right: filter[position],
                        isRightTransposed: isGradient, rightStride: outputs,
                        output: after[position], outputStride: resultChannels
                    ).compute(
                        rows: 0..<chunk.count, columns: 0..<resultChannels,
                        terms: 0..<sourceChannels)
                }
                overTiles(tiles, chunk, channels: resultChannels) { thread, part, shape in
                    vector_winograd_output(
                        after.memory + (part.lowerBound - chunk.lowerBound) * resultChannels,
                        after.stride, shape, resultChannels, part.lowerBound, part.count, bias,
                        discard + thread * resultChannels, result)
                }
            }
        }
    }

    /// The exact adjoint of the convolution: `dU = Σ_tiles V ⊗ (A dY Aᵀ)`, `dg = Gᵀ dU G`.
    func winogradWeightGradient(
        _ x: UnsafePointer<Float>, _ g: UnsafePointer<Float>, _ geometry: ConvolutionGeometry,
        _ size: WinogradSize, into weightGradient: UnsafeMutablePointer<Float>
    ) throws {
        let tiles = WinogradTiles(size, geometry)
        let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
        try withWinogradMemory(
            size, [(inputs, outputs), (tiles.chunk, inputs), (tiles.chunk, outputs)],
            margin: max(inputs, outputs)
        ) { matrices, zeros in
            let (sums, before, after) = (matrices[0], matrices[1], matrices[2])
            for chunk in tiles.chunks {
                overTiles(tiles, chunk, channels: inputs + outputs) { _, part, shape in
                    let row = part.lowerBound - chunk.lowerBound
                    vector_winograd_input(
                        x, shape, inputs, part.lowerBound, part.count, zeros,
                        before.memory + row * inputs, before.stride)
                    vector_winograd_output_gradient(
                        g, shape, outputs, part.lowerBound, part.count, zeros,
                        after.memory + row * outputs, after.stride)
                }
                overTilePositions(size, work: chunk.count * inputs * outputs) { position in
                    MatrixProduct(
                        left: before[position], isLeftTransposed: true, leftStride: inputs,
                        right: after[position], rightStride: outputs, output: sums[position],
                        outputStride: outputs
                    ).compute(
                        rows: 0..<inputs, columns: 0..<outputs, terms: 0..<chunk.count,
                        isAdded: chunk.lowerBound > 0)
                }
            }
            parallelFor(inputs * outputs, grain: 64, work: size.tilePositions) { _, part in
                vector_winograd_weight_gradient(
                    sums.memory, sums.stride, inputs * outputs, size.rawValue,
                    part.lowerBound, part.count, weightGradient)
            }
        }
    }
}

extension BLASBackend {
    private func transformWeights(
        _ weights: UnsafePointer<Float>, _ size: WinogradSize, isFlipped: Bool,
        into filter: PositionMatrices
    ) {
        let area = filter.rows * filter.channels
        parallelFor(area, grain: 64, work: size.tilePositions) { _, part in
            vector_winograd_weights(
                weights, area, size.rawValue, isFlipped ? 1 : 0, part.lowerBound, part.count,
                filter.memory, filter.stride)
        }
    }

    /// The tiles of a chunk, in one part a thread.
    private func overTiles(
        _ tiles: WinogradTiles, _ chunk: Range<Int>, channels: Int,
        _ body: (_ part: Int, Range<Int>, UnsafePointer<vector_winograd_tiles>) -> Void
    ) {
        var shape = tiles.vector
        withUnsafePointer(to: &shape) { shape in
            parallelFor(chunk.count, work: tiles.size.tilePositions * channels) { part, range in
                let start = chunk.lowerBound
                body(part, start + range.lowerBound..<start + range.upperBound, shape)
            }
        }
    }

    /// Each position is one product, on one thread.
    private func overTilePositions(
        _ size: WinogradSize, work: Int, _ body: (_ position: Int) -> Void
    ) {
        let parts = partition(size.tilePositions, work: work)
        runProducts(parts.count) { parts[$0].forEach(body) }
    }

    /// Memory for position matrices of these rows and channels, and `margin` zeros.
    private func withWinogradMemory(
        _ size: WinogradSize, _ matrices: [(rows: Int, channels: Int)], margin: Int,
        _ body: ([PositionMatrices], _ margin: UnsafeMutablePointer<Float>) -> Void
    ) throws {
        let sizes = matrices.map {
            PositionMatrices.memorySize(size.tilePositions, $0.rows, $0.channels)
        }
        try withScratch(sizes.reduce(margin, +), of: Float.self) { memory in
            var next = memory
            let placed = zip(matrices, sizes).map { matrix, size in
                defer { next += size }
                return PositionMatrices(memory: next, rows: matrix.rows, channels: matrix.channels)
            }
            alone { next.update(repeating: 0, count: margin) }
            body(placed, next)
        }
    }
}
