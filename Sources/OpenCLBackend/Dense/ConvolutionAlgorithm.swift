import Tensors

extension OpenCLBackend {
    /// Rows and columns of the output tiles that Winograd's filtering computes a convolution in;
    /// nil where it is computed directly.
    func tileExtent(_ pass: DenseOperation.Pass, _ geometry: ConvolutionGeometry) -> Int? {
        guard geometry.allowsWinograd else { return nil }
        let algorithm =
            convolutionAlgorithm != .automatic
            ? convolutionAlgorithm
            : tunedAlgorithm(for: .convolution(geometry, pass)) ?? usualAlgorithm(geometry)
        return switch algorithm {
        case .automatic, .direct: nil
        case .winograd2: 2
        case .winograd4: 4
        }
    }

    /// What was fastest where it was measured. Transforms cost in proportion to pixels and
    /// channels, products save in proportion to both channel counts: few channels are not worth
    /// it, and small problems are over before it shows.
    private func usualAlgorithm(_ geometry: ConvolutionGeometry) -> ConvolutionAlgorithm {
        let fewest = min(geometry.inputChannels, geometry.outputChannels)
        let extent = min(geometry.outputHeight, geometry.outputWidth)
        guard fewest >= 32, extent > 2, geometry.multiplyAccumulates >= 256 << 20 else {
            return .direct
        }
        return .winograd4
    }
}
