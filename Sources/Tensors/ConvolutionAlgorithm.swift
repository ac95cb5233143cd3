/// How a backend computes convolutions.
///
/// Winograd's minimal filtering (Lavin & Gray 2016) computes 3×3 convolutions of stride 1 in tiles of
/// 2×2 or 4×4 outputs with 2.25 and 4 times fewer multiplications than a direct one, and rounds a
/// few times more. A backend takes the direct form for every shape that a forced variant does not
/// cover.
public enum ConvolutionAlgorithm: String, CaseIterable, Codable, Sendable {
    /// The backend's choice, by shape.
    case automatic
    /// Sums of products, window by window.
    case direct
    /// F(2×2, 3×3).
    case winograd2
    /// F(4×4, 3×3).
    case winograd4
}

extension ConvolutionAlgorithm {
    /// Rows and columns of the output tiles of Winograd's filtering; nil for a direct convolution
    /// and if the choice is still open.
    package var winogradExtent: Int? {
        switch self {
        case .automatic, .direct: nil
        case .winograd2: 2
        case .winograd4: 4
        }
    }
}

/// A backend that can be told how to compute convolutions.
public protocol ConvolutionAlgorithmChoosing: Backend {
    /// One algorithm for every shape that it covers, or the backend's choice.
    var convolutionAlgorithm: ConvolutionAlgorithm { get set }
}

extension Backend {
    /// Runs `body` with `algorithm` for every shape that allows it, if the backend can choose.
    public func withConvolutionAlgorithm<Result>(
        _ algorithm: ConvolutionAlgorithm, _ body: () throws -> Result
    ) rethrows -> Result {
        guard let chooser = self as? any ConvolutionAlgorithmChoosing else { return try body() }
        let usual = chooser.convolutionAlgorithm
        chooser.convolutionAlgorithm = algorithm
        defer { chooser.convolutionAlgorithm = usual }
        return try body()
    }
}

extension ConvolutionGeometry {
    /// Whether Winograd's filtering F(m×m, 3×3) can compute all three passes: 3×3, stride 1, at most
    /// 2 of padding, one group. A backend whose tiles cover less has a condition of its own besides.
    public var allowsWinograd: Bool {
        kernelHeight == 3 && kernelWidth == 3 && stride == 1 && padding <= 2 && groups == 1
    }
}
