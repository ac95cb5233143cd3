import Tensors

/// Which algorithm computes which shape. Measured with OpenBLAS's Haswell kernels: from these limits
/// on, tiles of 4×4 take less time than tiles of 2×2, and both take less than strips.
extension ConvolutionAlgorithm {
    /// A convolution of fewer multiply–accumulates is over in a millisecond or two; the direct form
    /// rounds least.
    private static let leastWork = 128 << 20
    /// Fewer output pixels than this do not repay the transform of the weights.
    private static let fewestPixels = 2048
    /// Fewer channels than this leave products too small to repay the transforms of the images.
    private static let fewestChannels = 32

    /// The tile that `geometry` is computed in; nil for a direct convolution.
    func winogradSize(for geometry: ConvolutionGeometry) -> WinogradSize? {
        guard geometry.allowsWinograd else { return nil }
        switch self {
        case .direct: return nil
        case .winograd2: return .two
        case .winograd4: return .four
        case .automatic: return Self.isLarge(geometry) ? .four : nil
        }
    }

    private static func isLarge(_ geometry: ConvolutionGeometry) -> Bool {
        min(geometry.inputChannels, geometry.outputChannels) >= fewestChannels
            && geometry.outputPixels >= fewestPixels
            && geometry.multiplyAccumulates >= leastWork
    }
}

extension ConvolutionGeometry {
    /// What Winograd's tiles cover: 3×3, stride 1, padding 1, every input to every output.
    fileprivate var allowsWinograd: Bool {
        kernelHeight == 3 && kernelWidth == 3 && stride == 1 && padding == 1 && groups == 1
    }
}
