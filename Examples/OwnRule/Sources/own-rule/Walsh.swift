import LocalLearning
import Tensors

/// LLS with Walsh functions in place of the periodic basis: each class has a row of ±1 that is
/// orthogonal to all others, and a block learns to make its pooled activation point along its class's
/// row.
struct Walsh: LocalRule {
    let name = "Walsh"
    let summary = "LLS with Walsh functions in place of the periodic vectors"

    func makeLoss(
        for block: BlockShape, _ parameters: [Parameter], _ settings: LocalLossSettings,
        on backend: any Backend
    ) throws -> any LocalLoss {
        let rows = try backend.makeTensor(
            [block.classes, block.features],
            (0..<block.classes).flatMap { label in
                (0..<block.features).map { Self.value(row: label + 1, column: $0) }
            })
        return WalshLoss(rows: rows, settings.crossEntropy, on: backend)
    }

    /// 1 or −1: whether row and column have an even number of binary ones in common. Rows repeat where
    /// there are more of them than features, rounded down to a power of two.
    static func value(row: Int, column: Int) -> Float {
        (row & column).nonzeroBitCount.isMultiple(of: 2) ? 1 : -1
    }
}

/// The cross-entropy of the products of a normalised pooled activation with every class's row.
final class WalshLoss: LocalLoss {
    private let rows: Tensor
    private let options: CrossEntropyOptions
    private let backend: any Backend

    init(rows: Tensor, _ options: CrossEntropyOptions, on backend: any Backend) {
        self.rows = rows
        self.options = options
        self.backend = backend
    }

    func lossAndGradient(
        of pooled: Tensor, _ targets: Targets, into pooledGradient: Tensor,
        addingLossTo total: Tensor
    ) throws {
        try backend.synchronizationLoss(
            pooled, basis: rows, targets, options, into: pooledGradient, addingLossTo: total)
    }
}
