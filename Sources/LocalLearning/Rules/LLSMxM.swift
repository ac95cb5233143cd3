import Tensors

/// LLS with a learned matrix from basis scores to class scores; with `isReduced`, from fewer basis
/// vectors than there are classes.
public struct LLSMxM: LocalRule {
    public let isReduced: Bool
    public let usesBasis = true

    public init(isReduced: Bool = false) { self.isReduced = isReduced }

    public var name: String { isReduced ? "LLS_MxM_reduced" : "LLS_MxM" }

    public func makeLocalHead(
        for shape: HeadShape, _ settings: LocalLossSettings, on backend: any Backend
    ) throws -> any LocalHead {
        ProjectionHead(
            shape,
            .basis(
                try SynchronizationBasis.tensor(
                    rows: isReduced ? shape.reducedRows : shape.classes, columns: shape.features,
                    settings.waveform, on: backend)),
            .matrix(name: "feedback"), settings.crossEntropy)
    }
}
