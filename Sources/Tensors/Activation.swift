/// The nonlinearity of a block.
public enum Activation: Hashable, Sendable {
    /// `y = x`: a batch norm alone.
    case identity
    /// `y = x` for `x > 0`, else `slope · x`.
    case leakyReLU(slope: Float)
    /// The hyperbolic tangent.
    case tanh

    /// `y = max(x, 0)`: the leaky one of slope 0.
    public static let reLU = Activation.leakyReLU(slope: 0)
}
