import Tensors

/// The one place where kernels' shapes are looked up: in the tuning table, else as shipped.
extension OpenCLBackend {
    func tile(
        for operation: DenseOperation, shipped: @autoclosure () -> RegisterTile
    ) -> RegisterTile {
        variant(for: operation).register ?? shipped()
    }

    func tile(
        for operation: DenseOperation, shipped: @autoclosure () -> LocalTile
    ) -> LocalTile {
        variant(for: operation).local ?? shipped()
    }

    /// The algorithm that was found fastest; nil where none was looked for.
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
