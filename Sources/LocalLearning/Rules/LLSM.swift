import Tensors

/// LLS with a learned number for each class' score.
public struct LLSM: LocalRule {
    public let name = "LLS_M"
    public let usesBasis = true

    public init() {}

    public func makeLocalHead(
        for shape: HeadShape, _ settings: LocalLossSettings, on backend: any Backend
    ) throws -> any LocalHead {
        ProjectionHead(
            shape,
            .basis(
                try SynchronizationBasis.tensor(
                    rows: shape.classes, columns: shape.features, settings.waveform, on: backend)),
            .columns(name: "feedback", [shape.classes]), settings.crossEntropy)
    }
}
