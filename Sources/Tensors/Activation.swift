/// The nonlinearity of a block.
public enum Activation: Hashable, Sendable {
    case identity
    /// `y = x` for `x > 0`, else `slope · x`.
    case leakyReLU(slope: Float)
    case tanh
}
