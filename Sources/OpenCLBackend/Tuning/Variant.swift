import Tensors

/// One way to compute an operation; nil means the default.
public struct Variant: Hashable, Codable, Sendable, CustomStringConvertible {
    var register: RegisterTile?
    var local: LocalTile?
    /// The algorithm of a convolution that allows Winograd's filtering. A tile belongs to the
    /// direct one.
    var algorithm: ConvolutionAlgorithm?

    public var description: String {
        let parts = [
            algorithm?.rawValue, register.map { "\($0.height) rows of \($0.columns)" },
            local.map { "\($0.threads)x\($0.threads) items of \($0.item)x\($0.item)" },
        ].compactMap { $0 }
        return parts.isEmpty ? "default" : parts.joined(separator: ", ")
    }

    /// Whether kernels of this variant exist and fit the device. A file is not trusted.
    func isPossible(on traits: DeviceTraits) -> Bool {
        if let register {
            guard (1...16).contains(register.height), [1, 2, 4].contains(register.vectors) else {
                return false
            }
        }
        if let local {
            guard LocalTile.all.contains(local), local.fits(traits) else { return false }
        }
        return true
    }

    /// The variants worth trying for an operation, the likeliest first.
    static func candidates(
        for shape: ShapeClass, engine: KernelEngine, on traits: DeviceTraits
    ) -> [Variant] {
        let tiles = tiles(for: shape, engine: engine, on: traits)
        guard case .convolution(let geometry, _) = shape.operation, geometry.allowsWinograd else {
            return tiles
        }
        let algorithms = [ConvolutionAlgorithm.winograd4, .winograd2, .direct]
        return algorithms.map { Variant(algorithm: $0) }
            + tiles.map { Variant(register: $0.register, local: $0.local, algorithm: .direct) }
    }

    private static func tiles(
        for shape: ShapeClass, engine: KernelEngine, on traits: DeviceTraits
    ) -> [Variant] {
        switch engine {
        case .register:
            let isSumOfOuterProducts =
                switch shape.operation {
                case .product(let product): product.isLeftTransposed
                case .convolution(_, let pass): pass == .weightGradient
                }
            let tiles =
                isSumOfOuterProducts
                ? [(12, 2), (6, 1), (8, 2), (10, 2), (12, 1), (4, 2), (6, 2)]
                : [(8, 2), (6, 1), (14, 1), (12, 2), (4, 2), (6, 2), (6, 4), (14, 2)]
            return tiles.map { Variant(register: RegisterTile(height: $0.0, vectors: $0.1)) }
        case .local:
            return LocalTile.all.filter { $0.fits(traits) }.map { Variant(local: $0) }
        }
    }
}
