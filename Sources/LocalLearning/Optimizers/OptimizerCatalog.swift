import Tensors

/// Every optimizer there is.
public enum OptimizerKind: String, CaseIterable, Sendable {
    case sgd = "SGD"
    case adam = "Adam"
    case adamW = "AdamW"
    case adamWScheduleFree = "AdamWSF"
    case sgdScheduleFree = "SGDSF"

    /// An optimizer of this kind for `group`.
    ///
    /// - Throws: ``OptimizerSettingsError`` for settings that it cannot train with.
    public func make(
        for group: ParameterGroup, _ settings: OptimizerSettings, on backend: any Backend
    ) throws -> any Optimizer {
        try check(settings)
        return switch self {
        case .sgd: try SGD(group, settings, on: backend)
        case .adam: try Adam(group, decoupled: false, settings, on: backend)
        case .adamW: try Adam(group, decoupled: true, settings, on: backend)
        case .sgdScheduleFree:
            try ScheduleFree(group, adaptive: false, settings, on: backend)
        case .adamWScheduleFree:
            try ScheduleFree(group, adaptive: true, settings, on: backend)
        }
    }
}
