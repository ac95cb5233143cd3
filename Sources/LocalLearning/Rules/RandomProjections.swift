import Tensors

/// LLS with fixed random vectors in place of the periodic basis, and no normalisation; plain, with a
/// learned number a class, or with a learned matrix.
public struct LLSRandom: LocalRule {
    public enum Mixing: String, CaseIterable, Sendable {
        case plain = "LLS_Random"
        case columns = "LLS_M_Random"
        case matrix = "LLS_MxM_Random"
    }

    public let mixing: Mixing

    public init(_ mixing: Mixing) { self.mixing = mixing }

    public var name: String { mixing.rawValue }

    public func makeLocalHead(
        for shape: HeadShape, _ settings: LocalLossSettings, on backend: any Backend
    ) throws -> any LocalHead {
        let modulation: Modulation =
            switch mixing {
            case .plain: .none
            case .columns: .columns(name: "modulation", [shape.classes, 1])
            case .matrix: .transposedMatrix(name: "modulation")
            }
        return ProjectionHead(
            shape, .random(length: shape.projectionLength, isTrained: false), modulation,
            settings.crossEntropy)
    }
}

/// A trained classifier on every block (Nøkland & Eidnes 2019, without their second loss).
public struct LocalLosses: LocalRule {
    public let name = "LocalLosses"

    public init() {}

    public func makeLocalHead(
        for shape: HeadShape, _ settings: LocalLossSettings, on backend: any Backend
    ) throws -> any LocalHead {
        ProjectionHead(
            shape, .random(length: shape.projectionLength, isTrained: true), .none,
            settings.crossEntropy)
    }
}
