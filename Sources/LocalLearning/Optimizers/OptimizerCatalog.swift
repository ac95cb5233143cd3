/// A kind of optimizer: what makes one for each group of a network.
public protocol OptimizerKind: Described, Sendable {
    /// PyTorch's or the published name.
    var name: String { get }

    /// The settings that it reads, besides the learning rate.
    var settingsRead: Set<OptimizerSetting> { get }

    /// Refuses what it cannot train with.
    ///
    /// - Throws: ``OptimizerSettingsError``.
    func check(_ settings: OptimizerSettings) throws(OptimizerSettingsError)

    /// An optimizer for `group`, on its device.
    ///
    /// - Throws: ``OptimizerSettingsError``; what the device throws.
    func make(
        for group: ParameterGroup, _ settings: OptimizerSettings
    ) throws -> any Optimizer
}

/// A setting that not every optimizer reads.
public enum OptimizerSetting: Sendable, Hashable {
    /// The properties of ``OptimizerSettings``.
    case momentum, nesterov, weightDecay, warmupSteps
}

extension OptimizerKind {
    public var settingsRead: Set<OptimizerSetting> { [.weightDecay] }

    public func check(_ settings: OptimizerSettings) throws(OptimizerSettingsError) {
        try settings.checkRate(for: name)
    }
}

/// The optimizers of this package.
public enum PublishedOptimizer: String, CaseIterable, OptimizerKind {
    /// With momentum (`torch.optim.SGD`).
    case sgd = "SGD"
    /// Kingma & Ba 2015 (`torch.optim.Adam`).
    case adam = "Adam"
    /// Loshchilov & Hutter 2019 (`torch.optim.AdamW`).
    case adamW = "AdamW"
    /// Defazio et al. 2024, AdamW.
    case adamWScheduleFree = "AdamWSF"
    /// Defazio et al. 2024, SGD.
    case sgdScheduleFree = "SGDSF"

    public var name: String { rawValue }

    public var summary: String {
        switch self {
        case .sgd: "stochastic gradient descent with momentum"
        case .adam: "means of the gradient and of its square, with L2 decay"
        case .adamW: "Adam whose decay is not scaled by the gradient's size"
        case .adamWScheduleFree: "AdamW that averages its parameters instead of a schedule"
        case .sgdScheduleFree: "SGD that averages its parameters instead of a schedule"
        }
    }

    public var source: String {
        switch self {
        case .sgd: "torch.optim.SGD"
        case .adam: "Kingma & Ba 2015, arXiv 1412.6980"
        case .adamW: "Loshchilov & Hutter 2019, arXiv 1711.05101"
        case .adamWScheduleFree, .sgdScheduleFree: Publication.scheduleFree
        }
    }

    public func make(
        for group: ParameterGroup, _ settings: OptimizerSettings
    ) throws -> any Optimizer {
        try check(settings)
        return switch self {
        case .sgd: try SGD(group, settings)
        case .adam: try Adam(group, decoupled: false, settings)
        case .adamW: try Adam(group, decoupled: true, settings)
        case .sgdScheduleFree: try ScheduleFree(group, adaptive: false, settings)
        case .adamWScheduleFree: try ScheduleFree(group, adaptive: true, settings)
        }
    }
}

/// The optimizers that names stand for.
public enum OptimizerCatalog {
    /// Those of this package.
    public static let all: [any OptimizerKind] = PublishedOptimizer.allCases
}
