import Tensors

/// LLS with a learned matrix from basis scores to class scores; reduced, from fewer basis vectors than
/// there are classes.
public struct LLSMxM: LocalRule {
    /// Whether there are fewer basis vectors than classes.
    public let isReduced: Bool
    public let usesBasis = true

    /// The matrix is `[classes, classes]`, or reduced `[rows, classes]`.
    public init(isReduced: Bool = false) { self.isReduced = isReduced }

    public let source = Publication.lls

    public var summary: String {
        isReduced
            ? "LLS_MxM from fewer basis vectors than there are classes"
            : "LLS with a learned matrix from the scores of the basis to those of the classes"
    }

    public var name: String { isReduced ? "LLS_MxM_reduced" : "LLS_MxM" }

    /// Basis vectors of the reduced rule, as published for each network; 20 for all others.
    public static func reducedRows(of network: String, classes: Int) -> Int {
        switch network {
        case "LLS_VGG8", "LLS_VGG11": 100
        case "LLS_MobileNetV1": classes > 200 ? 100 : 20
        default: 20
        }
    }

    private func rows(_ block: BlockShape) -> Int {
        isReduced
            ? Self.reducedRows(of: block.network, classes: block.classes) : block.classes
    }

    public func parameters(of block: BlockShape) -> [ParameterDescription] {
        [Modulation.matrix.parameter("\(block.block).feedback", [rows(block), block.classes])]
    }

    public func makeLoss(
        for block: BlockShape, _ parameters: [Parameter], _ settings: LocalLossSettings,
        on backend: any Backend
    ) throws -> any LocalLoss {
        ProjectionLoss(
            .basis(
                try SynchronizationBasis.tensor(
                    rows: rows(block), columns: block.features, settings.waveform, on: backend)),
            .matrix, by: parameters[0], block, settings.crossEntropy, on: backend)
    }
}
