/// How a backend computes convolutions.
///
/// Winograd's minimal filtering (Lavin & Gray 2016) computes 3×3 convolutions of stride 1 in tiles of
/// 2×2 or 4×4 outputs with 2.25 and 4 times fewer multiplications than a direct one, and rounds a
/// few times more. A backend takes the direct form for every shape that a forced variant does not
/// cover.
public enum ConvolutionAlgorithm: String, CaseIterable, Sendable {
    /// The backend's choice, by shape.
    case automatic
    case direct
    /// F(2×2, 3×3).
    case winograd2
    /// F(4×4, 3×3).
    case winograd4
}
