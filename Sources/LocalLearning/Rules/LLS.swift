import Tensors

/// The paper's rule: the pooled activation of a block, normalised, is compared with one fixed basis
/// vector a class. Nothing is trained besides the block.
public struct LLS: LocalRule {
    public let name = "LLS"
    public let summary =
        "pooled activations are taught to agree with a fixed periodic vector a class"
    public let source = Publication.lls
    public let usesBasis = true

    /// The rule has no settings besides those of all local losses.
    public init() {}

    public func makeLoss(
        for block: BlockShape, _ parameters: [Parameter], _ settings: LocalLossSettings,
        on backend: any Backend
    ) throws -> any LocalLoss {
        SynchronizationLoss(
            basis: try SynchronizationBasis.tensor(
                rows: block.classes, columns: block.features, settings.waveform, on: backend),
            options: settings.crossEntropy, on: backend)
    }
}

/// The LLS loss of one block, by the backend's own kernels for it.
final class SynchronizationLoss: LocalLoss {
    private let basis: Tensor
    private let options: CrossEntropyOptions
    private let backend: any Backend

    init(basis: Tensor, options: CrossEntropyOptions, on backend: any Backend) {
        self.basis = basis
        self.options = options
        self.backend = backend
    }

    func lossAndGradient(
        of pooled: Tensor, _ targets: Targets, into pooledGradient: Tensor,
        addingLossTo total: Tensor
    ) throws {
        try backend.synchronizationLoss(
            pooled, basis: basis, targets, options, into: pooledGradient, addingLossTo: total)
    }
}
