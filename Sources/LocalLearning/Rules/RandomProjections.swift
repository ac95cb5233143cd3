import Tensors

/// Rows of random numbers, one a class, that are pooled to a block's features before activations are
/// compared with them.
enum RandomRows {
    /// The length of a row before it is pooled, as published: a block's features in the small
    /// networks, else 2048.
    static func length(_ block: BlockShape) -> Int {
        ["LLS_SmallConv", "LLS_SmallConvL"].contains(block.network) ? block.features : 2048
    }

    static func parameter(of block: BlockShape, isTrained: Bool) -> ParameterDescription {
        ParameterDescription(
            "\(block.block).feedback", [block.classes, length(block)],
            initial: .normal(deviation: 0.1), isTrained: isTrained)
    }
}

/// LLS with fixed random vectors in place of the periodic basis, and no normalisation; plain, with a
/// learned number a class, or with a learned matrix.
public struct LLSRandom: LocalRule {
    /// What is learned besides.
    public enum Mixing: String, CaseIterable, Sendable {
        /// Nothing.
        case plain = "LLS_Random"
        /// A number a class.
        case columns = "LLS_M_Random"
        /// A matrix `[classes, classes]`.
        case matrix = "LLS_MxM_Random"
    }

    /// What is learned besides.
    public let mixing: Mixing

    /// One of the three published rules.
    public init(_ mixing: Mixing) { self.mixing = mixing }

    public var name: String { mixing.rawValue }
    public var source: String { Publication.llsCode }

    public var summary: String {
        switch mixing {
        case .plain: "LLS with fixed random vectors in place of the periodic ones"
        case .columns: "LLS_M with fixed random vectors in place of the periodic ones"
        case .matrix: "LLS_MxM with fixed random vectors in place of the periodic ones"
        }
    }

    public func parameters(of block: BlockShape) -> [ParameterDescription] {
        let rows = RandomRows.parameter(of: block, isTrained: false)
        let name = "\(block.block).modulation"
        let classes = block.classes
        return switch mixing {
        case .plain: [rows]
        case .columns: [rows, Modulation.columns.parameter(name, [classes, 1])]
        case .matrix: [rows, Modulation.transposedMatrix.parameter(name, [classes, classes])]
        }
    }

    public func makeLoss(
        for block: BlockShape, _ parameters: [Parameter], _ settings: LocalLossSettings,
        on backend: any Backend
    ) throws -> any LocalLoss {
        let modulation: Modulation =
            switch mixing {
            case .plain: .none
            case .columns: .columns
            case .matrix: .transposedMatrix
            }
        return ProjectionLoss(
            .random(parameters[0]), modulation, by: parameters.dropFirst().first, block,
            settings.crossEntropy, on: backend)
    }
}

/// A trained classifier on every block (Nøkland & Eidnes 2019, without their second loss).
public struct LocalLosses: LocalRule {
    public let name = "LocalLosses"
    public let summary = "a trained linear classifier on every block"
    public let source = "Nøkland & Eidnes 2019, arXiv 1901.06656"

    /// The rule has no settings besides those of all local losses.
    public init() {}

    public func parameters(of block: BlockShape) -> [ParameterDescription] {
        [RandomRows.parameter(of: block, isTrained: true)]
    }

    public func makeLoss(
        for block: BlockShape, _ parameters: [Parameter], _ settings: LocalLossSettings,
        on backend: any Backend
    ) throws -> any LocalLoss {
        ProjectionLoss(
            .random(parameters[0]), .none, by: nil, block, settings.crossEntropy, on: backend)
    }
}
