import Tensors

/// The paper's rule: the pooled activation of a block, normalised, is compared with one fixed basis
/// vector a class. Nothing is trained besides the block.
public struct LLS: LocalRule {
    public let name = "LLS"

    public init() {}

    public func makeHead(
        for shape: HeadShape, _ settings: LocalLossSettings, on backend: any Backend
    ) throws -> (any LocalHead)? {
        Head(
            basis: try backend.makeTensor(
                [shape.classes, shape.features],
                SynchronizationBasis.values(
                    rows: shape.classes, columns: shape.features, settings.waveform)),
            options: settings.crossEntropy)
    }

    private final class Head: LocalHead {
        let descriptions: [ParameterDescription] = []
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
}
