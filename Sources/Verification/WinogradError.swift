import Tensors

/// How far Winograd's filtering F(m×m, 3×3) may be from an exact convolution in Float32.
///
/// Forward, an output tile is `Aᵀ[Σ_c (G g Gᵀ) ⊙ (Bᵀ d B)]A`, a composition of linear maps and
/// products. Each rounding is relative to an intermediate result, and what follows carries it to
/// the output by the magnitudes of the remaining matrices (Higham 2002, §3; for these algorithms
/// Barabasz et al. 2020, arXiv:1803.10986, theorem 2). So an output with `n` roundings on its longest
/// path is off by at most `n · unitRoundoff` times
///
///     |Aᵀ| [Σ_c (|G| |g| |Gᵀ|) ⊙ (|Bᵀ| |d| |B|)] |A|,
///
/// which takes the position of a direct sum's `Σ|a·b|`. The same holds of the adjoint,
/// `Gᵀ[Σ_tiles (A dY Aᵀ) ⊙ (Bᵀ d B)]G`. A transform of one axis costs at most six roundings: the
/// coefficients' own, and five of its terms. Three transforms of two axes lie on a path.
struct WinogradError {
    let extent: Int
    /// Magnitudes of the matrices: Aᵀ `[extent, side]`, G `[side, 3]`, Bᵀ `[side, side]`, with `side`
    /// the `extent + 2` elements of an input tile along one axis.
    private let outputs, filters, samples: [[Double]]

    private static let transformRoundings = 3 * 2 * 6

    /// For tiles of 2×2 with the points 0, ±1, ∞, or of 4×4 with 0, ±√½, ±√2, ∞.
    init(extent: Int) {
        precondition(extent == 2 || extent == 4, "no tiles of \(extent)×\(extent)")
        self.extent = extent
        guard extent == 4 else {
            outputs = [[1, 1, 1, 0], [0, 1, 1, 1]]
            filters = [[1, 0, 0], [0.5, 0.5, 0.5], [0.5, 0.5, 0.5], [0, 0, 1]]
            samples = [[1, 0, 1, 0], [0, 1, 1, 0], [0, 1, 1, 0], [0, 1, 0, 1]]
            return
        }
        let r = 2.0.squareRoot()
        let (third, sixth) = (1.0 / 3, 1.0 / 6)
        outputs = [
            [1, 1, 1, 1, 1, 0], [0, r / 2, r / 2, r, r, 0], [0, 0.5, 0.5, 2, 2, 0],
            [0, r / 4, r / 4, 2 * r, 2 * r, 1],
        ]
        let (near, far) = ([2 * third, r * third, third], [sixth, r * sixth, third])
        filters = [[1, 0, 0], near, near, far, far, [0, 0, 1]]
        let (nearRow, farRow) = ([0, r, 2, r / 2, 1, 0], [0, r / 2, 0.5, r, 1, 0])
        samples = [[1, 0, 2.5, 0, 1, 0], nearRow, nearRow, farRow, farRow, [0, 1, 0, 2.5, 0, 1]]
    }

    /// Bounds of a convolution's outputs.
    ///
    /// - Parameters:
    ///   - input: magnitudes `[batch, height, width, inputChannels]`.
    ///   - weights: magnitudes `[3, 3, inputChannels, outputChannels]`.
    func forward(_ input: [Double], _ weights: [Double], _ geometry: ConvolutionGeometry)
        -> [Double]
    {
        let (channels, count) = (geometry.inputChannels, geometry.outputChannels)
        var bounds = Array(repeating: 0.0, count: geometry.outputShape.count)
        let transformed = transformedWeights(weights, channels, count)
        for tile in tiles(of: geometry) {
            var products = Array(
                repeating: Array(repeating: 0.0, count: tilePositions), count: count)
            for channel in 0..<channels {
                let sample = transformedInput(input, tile, channel, geometry)
                for output in 0..<count {
                    let filter = transformed[channel * count + output]
                    for position in 0..<tilePositions {
                        products[output][position] += sample[position] * filter[position]
                    }
                }
            }
            for output in 0..<count {
                let results = sandwich(outputs, products[output])
                forEachPixel(of: tile, geometry) { pixel, position in
                    bounds[pixel * count + output] = bound(results[position], length: channels)
                }
            }
        }
        return bounds
    }

    /// Bounds of a weight gradient, from magnitudes of the input and of the output's gradient.
    func weightGradient(
        _ input: [Double], _ outputGradient: [Double], _ geometry: ConvolutionGeometry
    ) -> [Double] {
        let (channels, count) = (geometry.inputChannels, geometry.outputChannels)
        let tiles = tiles(of: geometry)
        var products = Array(
            repeating: Array(repeating: 0.0, count: tilePositions), count: channels * count)
        for tile in tiles {
            let gradients = (0..<count).map { output in
                var gradient = Array(repeating: 0.0, count: extent * extent)
                forEachPixel(of: tile, geometry) { pixel, position in
                    gradient[position] = outputGradient[pixel * count + output]
                }
                return sandwich(transposed(outputs), gradient)
            }
            for channel in 0..<channels {
                let sample = transformedInput(input, tile, channel, geometry)
                for output in 0..<count {
                    for position in 0..<tilePositions {
                        products[channel * count + output][position] +=
                            sample[position] * gradients[output][position]
                    }
                }
            }
        }
        var bounds = Array(repeating: 0.0, count: geometry.weightShape.count)
        for (index, product) in products.enumerated() {
            for (tap, magnitude) in sandwich(transposed(filters), product).enumerated() {
                bounds[tap * channels * count + index] = bound(magnitude, length: tiles.count)
            }
        }
        return bounds
    }

    private var tilePositions: Int { (extent + 2) * (extent + 2) }

    private func bound(_ magnitude: Double, length: Int) -> Double {
        Rounding.sum(of: length + Self.transformRoundings, magnitude: magnitude)
    }

    /// `M x Mᵀ` of a square `x`, row by row.
    private func sandwich(_ matrix: [[Double]], _ x: [Double]) -> [Double] {
        let width = matrix[0].count
        let left = matrix.map { row in
            (0..<width).map { j in (0..<width).reduce(0) { $0 + row[$1] * x[$1 * width + j] } }
        }
        return left.flatMap { line in
            matrix.map { row in zip(row, line).reduce(0) { $0 + $1.0 * $1.1 } }
        }
    }

    private func transposed(_ matrix: [[Double]]) -> [[Double]] {
        matrix[0].indices.map { column in matrix.map { $0[column] } }
    }

    private func transformedWeights(_ weights: [Double], _ channels: Int, _ count: Int)
        -> [[Double]]
    {
        (0..<channels * count).map { index in
            sandwich(filters, (0..<9).map { weights[$0 * channels * count + index] })
        }
    }

    private func transformedInput(
        _ input: [Double], _ tile: Tile, _ channel: Int, _ geometry: ConvolutionGeometry
    ) -> [Double] {
        let size = extent + 2
        let sample = (0..<size * size).map { position in
            let y = tile.top + position / size - geometry.padding
            let x = tile.left + position % size - geometry.padding
            guard 0..<geometry.height ~= y, 0..<geometry.width ~= x else { return 0.0 }
            let pixel = (tile.image * geometry.height + y) * geometry.width + x
            return input[pixel * geometry.inputChannels + channel]
        }
        return sandwich(samples, sample)
    }

    private struct Tile { let image, top, left: Int }

    private func tiles(of geometry: ConvolutionGeometry) -> [Tile] {
        (0..<geometry.batch).flatMap { image in
            stride(from: 0, to: geometry.outputHeight, by: extent).flatMap { top in
                stride(from: 0, to: geometry.outputWidth, by: extent).map { left in
                    Tile(image: image, top: top, left: left)
                }
            }
        }
    }

    /// Calls `body` for every element of a tile that lies in the output, with its pixel there and its
    /// position in the tile.
    private func forEachPixel(
        of tile: Tile, _ geometry: ConvolutionGeometry, _ body: (Int, Int) -> Void
    ) {
        for y in tile.top..<min(tile.top + extent, geometry.outputHeight) {
            for x in tile.left..<min(tile.left + extent, geometry.outputWidth) {
                body(
                    (tile.image * geometry.outputHeight + y) * geometry.outputWidth + x,
                    (y - tile.top) * extent + x - tile.left)
            }
        }
    }
}
