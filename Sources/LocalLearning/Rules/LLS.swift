import Tensors

/// The paper's rule: the pooled activation of a block, normalised, is compared with one fixed basis
/// vector a class. Nothing is trained besides the block.
public struct LLS: LocalRule {
    public let name = "LLS"
    public let usesBasis = true

    public init() {}

    public func makeLocalHead(
        for shape: HeadShape, _ settings: LocalLossSettings, on backend: any Backend
    ) throws -> any LocalHead {
        SynchronizationHead(
            basis: try SynchronizationBasis.tensor(
                rows: shape.classes, columns: shape.features, settings.waveform, on: backend),
            options: settings.crossEntropy)
    }
}

/// The LLS loss of one block, by the backend's own kernels for it.
final class SynchronizationHead: LocalHead {
    private let basis: Tensor
    private let options: CrossEntropyOptions

    init(basis: Tensor, options: CrossEntropyOptions) {
        self.basis = basis
        self.options = options
    }

    func signal(
        _ pooled: Tensor, _ labels: Tensor, into pooledGradient: Tensor,
        addingLossTo total: Tensor, on backend: any Backend
    ) throws {
        try backend.synchronizationLoss(
            pooled, basis: basis, labels, options, into: pooledGradient, addingLossTo: total)
    }
}
