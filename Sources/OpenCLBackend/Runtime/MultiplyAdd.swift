/// How kernels compute x · y + z where a device has no instruction for it.
public enum MultiplyAdd: Sendable {
    /// The product is rounded before it is added.
    case fast
    /// It is rounded once, as by that instruction: some twenty others in its place.
    case exact

    /// The compiler's options, see `multiply_add.cl`.
    func options(_ traits: DeviceTraits) -> [String] {
        if traits.fusesMultiplyAdd { return [] }
        return switch self {
        case .fast: ["-D UNFUSED"]
        case .exact: ["-D FUSED_IN_PARTS"]
        }
    }
}
