/// One step of SGD with momentum: `g += decay·p`; `m = momentum·m + g` (`m = g` at the first step);
/// `p −= rate·(nesterov ? g + momentum·m : m)`.
public struct SGDStep: Sendable {
    /// The learning rate, the share of the old momentum that is kept, and the weight decay.
    public var rate, momentum, decay: Float
    /// Nesterov's form; whether no step came before, so that the momentum is undefined.
    public var nesterov, isFirst: Bool

    /// The equations are the type's.
    public init(
        rate: Float, momentum: Float, decay: Float = 0, nesterov: Bool = false, isFirst: Bool
    ) {
        self.rate = rate
        self.momentum = momentum
        self.decay = decay
        self.nesterov = nesterov
        self.isFirst = isFirst
    }
}

/// One step of Adam (Kingma & Ba 2015): `g += decay·p`, or with `decoupled` decay
/// (Loshchilov & Hutter 2019) `p −= rate·decay·p` first; `m += (1−β₁)(g − m)`,
/// `v = β₂v + (1−β₂)g²`, `p −= rate/correction₁ · m / (√(v / correction₂) + ε)`.
public struct AdamStep: Sendable {
    /// The learning rate, β₂, ε and the weight decay.
    public let rate, beta2, epsilon, decay: Float
    /// `1 − β₁` and `1 − β₂`. Taken before rounding: in float32, 1 − 0.999 is 1.3·10⁻⁵ off.
    public let beta1Complement, beta2Complement: Float
    /// `1 − β₁ᵗ` and `1 − β₂ᵗ` at step t = 1, 2, …
    public let correction1, correction2: Float
    /// Whether the decay is not a part of the gradient, as in AdamW.
    public let decoupled: Bool

    /// The equations are the type's.
    public init(
        rate: Double, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
        decay: Double = 0, correction1: Double, correction2: Double, decoupled: Bool
    ) {
        self.rate = Float(rate)
        self.beta2 = Float(beta2)
        self.epsilon = Float(epsilon)
        self.decay = Float(decay)
        beta1Complement = Float(1 - beta1)
        beta2Complement = Float(1 - beta2)
        self.correction1 = Float(correction1)
        self.correction2 = Float(correction2)
        self.decoupled = decoupled
    }
}

/// One schedule-free step (Defazio et al. 2024), with or without Adam's scaling: with `v`,
/// `v = β₂v + (1−β₂)g²`, `g = g / (√v + ε)`; then `g += decay·y`,
/// `y += c·(z − y)`, `y −= parameterRate·g` with `parameterRate = rate·(1 − β₁(1 − c))`,
/// `z −= rate·g`.
public struct ScheduleFreeStep: Sendable {
    /// The rate of `z`, that of `y`, β₂, ε and the weight decay.
    public let rate, parameterRate, beta2, epsilon, decay: Float
    /// `1 − β₂`, taken before rounding.
    public let beta2Complement: Float
    /// The weight `c` of the newest iterate in the average.
    public let averaging: Float

    /// The equations are the type's.
    public init(
        rate: Double, beta1: Double, beta2: Double = 0.999, epsilon: Double = 1e-8,
        decay: Double = 0, averaging: Double
    ) {
        self.rate = Float(rate)
        parameterRate = Float(rate * (1 - beta1 * (1 - averaging)))
        self.beta2 = Float(beta2)
        beta2Complement = Float(1 - beta2)
        self.epsilon = Float(epsilon)
        self.decay = Float(decay)
        self.averaging = Float(averaging)
    }
}

/// Updates of one group of parameters, all tensors of one shape.
public protocol OptimizerOps: DeviceMemory {
    /// One ``SGDStep``.
    ///
    /// - Parameters:
    ///   - parameters: `p`, updated.
    ///   - gradient: `g`.
    ///   - momentum: `m`, updated; not read at the first step.
    func updateSGD(
        _ parameters: Tensor, gradient: Tensor, momentum: Tensor, _ step: SGDStep) throws

    /// One ``AdamStep``.
    ///
    /// - Parameters:
    ///   - parameters: `p`, updated.
    ///   - gradient: `g`.
    ///   - firstMoment: `m`, updated.
    ///   - secondMoment: `v`, updated.
    func updateAdam(
        _ parameters: Tensor, gradient: Tensor, firstMoment: Tensor, secondMoment: Tensor,
        _ step: AdamStep) throws

    /// - Parameters:
    ///   - parameters: `y`, where gradients are taken.
    ///   - iterate: `z`.
    ///   - secondMoment: `v`; nil for plain SGD.
    func updateScheduleFree(
        _ parameters: Tensor, gradient: Tensor, iterate: Tensor, secondMoment: Tensor?,
        _ step: ScheduleFreeStep) throws

    /// `tensor += weight · (end − tensor)`: between a schedule-free optimizer's y and x.
    func interpolate(_ tensor: Tensor, toward end: Tensor, by weight: Float) throws
}
