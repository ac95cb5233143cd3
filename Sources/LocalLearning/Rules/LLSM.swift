import Tensors

/// LLS with a learned number for each class' score.
public struct LLSM: LocalRule {
    public let name = "LLS_M"
    public let summary = "LLS with a learned number for the score of each class"
    public let source = Publication.lls
    public let usesBasis = true

    /// The rule has no settings besides those of all local losses.
    public init() {}

    public func parameters(of block: BlockShape) -> [ParameterDescription] {
        [Modulation.columns.parameter("\(block.block).feedback", [block.classes])]
    }

    public func makeLoss(
        for block: BlockShape, _ parameters: [Parameter], _ settings: LocalLossSettings,
        on backend: any Backend
    ) throws -> any LocalLoss {
        ProjectionLoss(
            .basis(
                try SynchronizationBasis.tensor(
                    rows: block.classes, columns: block.features, settings.waveform, on: backend)),
            .columns, by: parameters[0], block, settings.crossEntropy, on: backend)
    }
}
