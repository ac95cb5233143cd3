import KernelSources
import Tensors

/// The one place where kernels' shapes are looked up: in the tuning table, else the default.
extension OpenCLBackend {
    func tile(
        for operation: DenseOperation, default defaultTile: @autoclosure () -> RegisterTile
    ) -> RegisterTile {
        variant(for: operation).register ?? defaultTile()
    }

    func tile(
        for operation: DenseOperation, default defaultTile: @autoclosure () -> LocalTile
    ) -> LocalTile {
        variant(for: operation).local ?? defaultTile()
    }

    /// `tile`, or the largest smaller one in whose groups the device runs `kernel`.
    ///
    /// - Parameter defines: the constants of the kernel for a tile.
    /// - Throws: ``DeviceSelectionError`` if there is none.
    func fitted(
        _ tile: LocalTile, to source: KernelSource, _ kernel: String,
        _ defines: (LocalTile) -> [KernelDefine]
    ) throws -> LocalTile {
        var limit = 0
        for candidate in LocalTile.all
        where candidate == tile || (candidate.isSmaller(than: tile) && candidate.fits(traits)) {
            limit = try groupLimit(source, kernel, defines(candidate), wanted: candidate.local)
            if candidate.local.reduce(1, *) <= limit { return candidate }
        }
        let smallest = LocalTile.smallest
        throw DeviceSelectionError.groupTooSmall(
            device.name, kernel: kernel, limit: limit, needed: smallest.local.reduce(1, *))
    }

    /// The algorithm that a search found fastest; nil if none was searched.
    func tunedAlgorithm(for operation: DenseOperation) -> ConvolutionAlgorithm? {
        variant(for: operation).algorithm
    }

    private func variant(for operation: DenseOperation) -> Variant {
        if let known = variants[operation] { return known }
        let found = tuning[ShapeClass(operation), engine]
        let variant = found.flatMap { $0.isPossible(on: traits) ? $0 : nil } ?? Variant()
        variants[operation] = variant
        return variant
    }
}
