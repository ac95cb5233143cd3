import Tensors

/// The one place where this backend chooses a convolution's algorithm.
extension OpenCLBackend {
    /// How a pass of a convolution is computed: never `.automatic`.
    ///
    /// The caller's choice comes first, then what a search found fastest, then the default.
    func algorithm(
        for pass: DenseOperation.Pass, _ geometry: ConvolutionGeometry
    ) -> ConvolutionAlgorithm {
        guard geometry.allowsWinograd else { return .direct }
        if convolutionAlgorithm != .automatic { return convolutionAlgorithm }
        let tuned = tunedAlgorithm(for: .convolution(geometry, pass)) ?? .automatic
        return tuned == .automatic ? defaultAlgorithm(geometry) : tuned
    }

    /// The fastest algorithm, by measurement. Transforms cost in proportion to pixels and channels,
    /// products save in proportion to both channel counts. So few channels are not worth it, and
    /// small problems end before it shows.
    private func defaultAlgorithm(_ geometry: ConvolutionGeometry) -> ConvolutionAlgorithm {
        let channels = min(geometry.inputChannels, geometry.outputChannels)
        let extent = min(geometry.outputHeight, geometry.outputWidth)
        guard channels >= 32, extent > 2, geometry.multiplyAccumulates >= 256 << 20 else {
            return .direct
        }
        return .winograd4
    }
}
