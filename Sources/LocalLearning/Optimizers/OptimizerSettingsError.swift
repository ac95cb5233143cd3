import FileFormats

/// A setting that an optimizer cannot train with, or that its published form refuses.
public struct OptimizerSettingsError: CategorizedError, Equatable {
    public let optimizer: OptimizerKind
    /// The name of the setting: `momentum`.
    public let setting: String
    /// What is wrong with it: `0.0 is not allowed: it must be …`.
    public let reason: String

    public var category: ErrorCategory { .configuration }
    public var description: String { "\(optimizer.rawValue): \(setting) \(reason)" }
}

extension OptimizerKind {
    /// Which settings an optimizer of this kind reads, besides the rate and the decay.
    public var readsMomentum: Bool { self == .sgd || self == .sgdScheduleFree }
    public var readsNesterov: Bool { self == .sgd }
    public var readsWarmup: Bool { self == .adamWScheduleFree || self == .sgdScheduleFree }

    /// Refuses what the published optimizers refuse (`torch.optim`, `schedulefree`), and what leaves
    /// the range of float32, in which the backends compute. A setting that this kind does not read
    /// may have any value.
    ///
    /// - Throws: ``OptimizerSettingsError``.
    public func check(_ settings: OptimizerSettings) throws(OptimizerSettingsError) {
        func require(
            _ setting: String, _ value: Double, _ holds: Bool, _ allowed: String
        ) throws(OptimizerSettingsError) {
            guard !holds else { return }
            throw OptimizerSettingsError(
                optimizer: self, setting: setting,
                reason: "\(value) is not allowed: it must be \(allowed)")
        }
        let (rate, decay) = (settings.learningRate, settings.weightDecay)
        let momentum = settings.momentum
        try require(
            "learning rate", rate, Float(rate) > 0 && Float(rate).isFinite,
            "greater than 0 and finite as float32")
        try require(
            "weight decay", decay, Float(decay) >= 0 && Float(decay).isFinite,
            "at least 0 and finite as float32")
        switch self {
        case .adam, .adamW, .adamWScheduleFree: break
        case .sgd:
            try require(
                "momentum", momentum, momentum >= 0 && Float(momentum) < 1, "at least 0 and below 1"
            )
            try require(
                "momentum", momentum, !settings.nesterov || Float(momentum) > 0,
                "greater than 0 with Nesterov's form")
        case .sgdScheduleFree:
            // The average is solved for by 1 − 1/momentum.
            try require(
                "momentum", momentum,
                momentum > 0 && Float(momentum) < 1 && Float(1 - 1 / momentum).isFinite,
                "between 0 and 1, both excluded")
        }
        if readsWarmup {
            try require(
                "warm-up steps", Double(settings.warmupSteps), settings.warmupSteps >= 0,
                "at least 0")
        }
    }
}
