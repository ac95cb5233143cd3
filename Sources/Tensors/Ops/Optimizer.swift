/// One step of SGD with momentum: `g += decay·p`; `m = momentum·m + g` (`m = g` at the first step);
/// `p −= rate·(nesterov ? g + momentum·m : m)`.
public struct SGDStep: Sendable {
    public var rate, momentum, decay: Float
    public var nesterov, isFirst: Bool

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
    public var rate, beta1, beta2, epsilon, decay: Float
    /// `1 − β₁ᵗ` and `1 − β₂ᵗ` at step t = 1, 2, …
    public var correction1, correction2: Float
    public var decoupled: Bool

    public init(
        rate: Float, beta1: Float, beta2: Float, epsilon: Float, decay: Float,
        correction1: Float, correction2: Float, decoupled: Bool
    ) {
        self.rate = rate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.decay = decay
        self.correction1 = correction1
        self.correction2 = correction2
        self.decoupled = decoupled
    }
}

/// One schedule-free step (Defazio et al. 2024), with or without Adam's scaling: with `v`,
/// `v = β₂v + (1−β₂)g²`, `g = g / (√v + ε)`; then `g += decay·y`,
/// `y += c·(z − y)`, `y += rate·(β₁(1 − c) − 1)·g`, `z −= rate·g`.
public struct ScheduleFreeStep: Sendable {
    public var rate, beta1, beta2, epsilon, decay: Float
    /// The weight `c` of the newest iterate in the average.
    public var averaging: Float

    public init(
        rate: Float, beta1: Float, beta2: Float = 0.999, epsilon: Float = 1e-8, decay: Float = 0,
        averaging: Float
    ) {
        self.rate = rate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.decay = decay
        self.averaging = averaging
    }
}

/// Updates of one group of parameters, all tensors of one shape.
public protocol OptimizerOps: DeviceMemory {
    func updateSGD(
        _ parameters: Tensor, gradient: Tensor, momentum: Tensor, _ step: SGDStep) throws

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
