import FileFormats

/// A setting that an optimizer cannot train with, or that its published form refuses.
public struct OptimizerSettingsError: CategorizedError, Equatable {
    /// The optimizer's name.
    public let optimizer: String
    /// The name of the setting: `momentum`.
    public let setting: String
    /// What is wrong with it: `0.0 is not allowed: it must be …`.
    public let reason: String

    /// An error about one setting.
    public init(optimizer: String, setting: String, reason: String) {
        self.optimizer = optimizer
        self.setting = setting
        self.reason = reason
    }

    /// Bad configuration.
    public var category: ErrorCategory { .configuration }
    /// One line.
    public var description: String { "\(optimizer): \(setting) \(reason)" }
}

extension OptimizerSettings {
    /// Refuses a rate and a decay that no optimizer can train with.
    public func checkRate(for optimizer: String) throws(OptimizerSettingsError) {
        try require(
            Float(learningRate) > 0 && Float(learningRate).isFinite, "learning rate", learningRate,
            "greater than 0 and finite as float32", for: optimizer)
        try require(
            Float(weightDecay) >= 0 && Float(weightDecay).isFinite, "weight decay", weightDecay,
            "at least 0 and finite as float32", for: optimizer)
    }

    fileprivate func require(
        _ holds: Bool, _ setting: String, _ value: Double, _ allowed: String, for optimizer: String
    ) throws(OptimizerSettingsError) {
        guard !holds else { return }
        throw OptimizerSettingsError(
            optimizer: optimizer, setting: setting,
            reason: "\(value) is not allowed: it must be \(allowed)")
    }
}

extension PublishedOptimizer {
    public var settingsRead: Set<OptimizerSetting> {
        switch self {
        case .sgd: [.weightDecay, .momentum, .nesterov]
        case .adam, .adamW: [.weightDecay]
        case .adamWScheduleFree: [.weightDecay, .warmupSteps]
        case .sgdScheduleFree: [.weightDecay, .momentum, .warmupSteps]
        }
    }

    /// Refuses what the published optimizers refuse (`torch.optim`, `schedulefree`), and what leaves
    /// the range of float32, in which the backends compute. A setting that this kind does not read
    /// may have any value.
    ///
    /// - Throws: ``OptimizerSettingsError``.
    public func check(_ settings: OptimizerSettings) throws(OptimizerSettingsError) {
        let momentum = settings.momentum
        try settings.checkRate(for: name)
        switch self {
        case .adam, .adamW, .adamWScheduleFree: break
        case .sgd:
            try settings.require(
                momentum >= 0 && Float(momentum) < 1, "momentum", momentum,
                "at least 0 and below 1", for: name)
            try settings.require(
                !settings.nesterov || Float(momentum) > 0, "momentum", momentum,
                "greater than 0 with Nesterov's form", for: name)
        case .sgdScheduleFree:
            // The average is solved for by 1 − 1/momentum.
            try settings.require(
                momentum > 0 && Float(momentum) < 1 && Float(1 - 1 / momentum).isFinite,
                "momentum", momentum, "between 0 and 1, both excluded", for: name)
        }
        if settingsRead.contains(.warmupSteps) {
            try settings.require(
                settings.warmupSteps >= 0, "warm-up steps", Double(settings.warmupSteps),
                "at least 0", for: name)
        }
    }
}
