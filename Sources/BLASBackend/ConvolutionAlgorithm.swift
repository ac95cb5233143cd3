import Tensors

/// The one place where this backend chooses a convolution's algorithm. Measured with OpenBLAS's
/// Haswell kernels: from these limits on, tiles of 4×4 take less time than tiles of 2×2, and both
/// take less than strips.
extension BLASBackend {
    /// A convolution of fewer multiply–accumulates takes a millisecond or two in any case, and the
    /// direct form rounds least.
    private static var minWork: Int { 128 << 20 }
    /// Fewer output pixels than this do not repay the transform of the weights.
    private static var minPixels: Int { 2048 }
    /// Fewer channels than this leave products too small to repay the transforms of the images.
    private static var minChannels: Int { 32 }

    /// The tile that `geometry` is computed in; nil for a direct convolution.
    func winogradSize(for geometry: ConvolutionGeometry) -> WinogradSize? {
        guard geometry.allowsWinogradTiles else { return nil }
        let algorithm =
            convolutionAlgorithm == .automatic
            ? Self.fastestAlgorithm(for: geometry) : convolutionAlgorithm
        return algorithm.winogradExtent.flatMap(WinogradSize.init)
    }

    private static func fastestAlgorithm(for geometry: ConvolutionGeometry) -> ConvolutionAlgorithm
    {
        let isLarge =
            min(geometry.inputChannels, geometry.outputChannels) >= minChannels
            && geometry.outputPixels >= minPixels && geometry.multiplyAccumulates >= minWork
        return isLarge ? .winograd4 : .direct
    }
}

extension ConvolutionGeometry {
    /// Whether this backend's tiles can compute it. ``WinogradTiles`` counts only images that keep
    /// their size.
    fileprivate var allowsWinogradTiles: Bool { allowsWinograd && padding == 1 }
}
