import Tensors

/// Every optimizer there is.
public enum OptimizerKind: String, CaseIterable, Sendable {
    case sgd = "SGD"
    case adamWScheduleFree = "AdamWSF"

    /// An optimizer of this kind for `group`.
    public func make(
        for group: ParameterGroup, _ settings: OptimizerSettings, on backend: any Backend
    ) throws -> any Optimizer {
        switch self {
        case .sgd: try SGD(group, settings, on: backend)
        case .adamWScheduleFree:
            try ScheduleFree(group, adaptive: true, settings, on: backend)
        }
    }
}
