/// How kernels compute x · y + z on a device without an instruction for it.
public enum FMAPolicy: Sendable {
    /// The product is rounded before it is added: two instructions.
    case separate
    /// The sum alone is rounded, as by that instruction: some twenty others in its place.
    case emulated

    /// The compiler's options, see `fma.cl`.
    func options(_ traits: DeviceTraits) -> [String] {
        if traits.hasFMA { return [] }
        return switch self {
        case .separate: ["-D SEPARATE_FMA"]
        case .emulated: ["-D EMULATED_FMA"]
        }
    }
}
