/// How kernels compute x · y + z.
public enum MultiplyAdd: Sendable {
    /// With a device's instruction for it; where it has none, the product is rounded first.
    case fast
    /// With a device's instruction for it; where it has none, rounded once all the same.
    case exact
    /// Rounded once without that instruction, on any device: twenty others in its place.
    case inParts

    /// The compiler's options, see `multiply_add.cl`.
    func options(_ traits: DeviceTraits) -> [String] {
        switch self {
        case .inParts: ["-D FUSED_IN_PARTS"]
        case _ where traits.fusesMultiplyAdd: []
        case .exact: ["-D FUSED_IN_PARTS"]
        case .fast: ["-D UNFUSED"]
        }
    }
}
