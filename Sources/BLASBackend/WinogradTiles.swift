import CVectorLoops
import Tensors

/// How a 3×3 convolution of stride 1 and padding 1 is cut into Winograd's tiles.
///
/// A chunk of tiles is transformed, multiplied and transformed back before the next one begins, so
/// that the transformed data stays in the last-level cache. All threads work on one chunk: a result
/// does not depend on their number.
struct WinogradTiles {
    let size: WinogradSize
    let batch, height, width: Int
    /// Tiles of one image.
    let rows, columns: Int
    /// Tiles that are transformed before they are multiplied.
    let chunk: Int

    /// Bytes of transformed input and output that a chunk may take: a share of a last-level cache.
    private static let cacheShare = 8 << 20
    /// Bounds of a chunk: products of fewer rows spend their time on packing the weights anew.
    private static let minChunk = 64, maxChunk = 1024

    init(_ size: WinogradSize, _ geometry: ConvolutionGeometry) {
        self.size = size
        (batch, height, width) = (geometry.batch, geometry.height, geometry.width)
        rows = ceilingDivision(height, size.rawValue)
        columns = ceilingDivision(width, size.rawValue)
        let bytes = 4 * size.tilePositions * (geometry.inputChannels + geometry.outputChannels)
        let fitting = Self.cacheShare / bytes / 16 * 16
        chunk = min(max(fitting, Self.minChunk), Self.maxChunk, batch * rows * columns)
    }

    /// Tiles of the whole batch.
    var count: Int { batch * rows * columns }

    var chunks: some Sequence<Range<Int>> {
        stride(from: 0, to: count, by: chunk).lazy.map { $0..<min($0 + chunk, count) }
    }

    /// As the C loops know them.
    var vector: vector_winograd_tiles {
        vector_winograd_tiles(
            height: height, width: width, tile_rows: rows, tile_columns: columns,
            size: size.rawValue)
    }
}

/// Outputs of a tile along each axis: F(2×2, 3×3) or F(4×4, 3×3).
enum WinogradSize: Int {
    case two = 2
    case four = 4

    /// Elements of an input tile, each of which is one product.
    var tilePositions: Int { (rawValue + 2) * (rawValue + 2) }
}

/// Transformed data: one matrix `[rows, channels]` for each position of a tile.
struct PositionMatrices {
    let memory: UnsafeMutablePointer<Float>
    let rows, channels: Int

    /// Elements from one matrix to the next: not a power of two, which would put the same element of
    /// all positions into one set of the first cache.
    static func stride(_ rows: Int, _ channels: Int) -> Int { rows * channels + 16 }

    static func memorySize(_ tilePositions: Int, _ rows: Int, _ channels: Int) -> Int {
        tilePositions * stride(rows, channels)
    }

    var stride: Int { Self.stride(rows, channels) }

    subscript(position: Int) -> UnsafeMutablePointer<Float> { memory + position * stride }
}
