import Tensors

/// What pooled activations are compared with.
enum Projection {
    /// The fixed basis `[rows, features]`; activations are normalised first.
    case basis(Tensor)
    /// Rows of random numbers, `[classes, length]`, pooled to the block's features; activations are
    /// not normalised.
    case random(Parameter)
}

/// What happens to the scores before their cross-entropy is taken. All but `none` are learned.
enum Modulation {
    case none
    /// Each column is multiplied by a number of its own. The shape in files differs from rule to rule.
    case columns
    /// `scores · M`, M `[rows, classes]`.
    case matrix
    /// `scores · Mᵀ`, M `[classes, classes]`: a projection whose rows were mixed by M.
    case transposedMatrix

    /// The learned parameter of a modulation.
    func parameter(_ name: String, _ shape: Shape) -> ParameterDescription {
        ParameterDescription(name, shape, initial: .normal(deviation: 0.01))
    }
}

/// The local loss of every rule but plain LLS: cross-entropy of `modulation(x · Pᵀ)`, with x the
/// pooled activation, normalised or not, and P the projection.
final class ProjectionLoss: LocalLoss {
    private let projection: Projection
    private let modulation: Modulation
    private let modulator: Parameter?
    private let rows, features, classes: Int
    private let options: CrossEntropyOptions
    private let backend: any Backend

    /// - Parameter modulator: the modulation's parameter; nil for `none`.
    init(
        _ projection: Projection, _ modulation: Modulation, by modulator: Parameter?,
        _ block: BlockShape, _ options: CrossEntropyOptions, on backend: any Backend
    ) {
        self.projection = projection
        self.modulation = modulation
        self.modulator = modulator
        self.options = options
        self.backend = backend
        (features, classes) = (block.features, block.classes)
        rows =
            switch projection {
            case .basis(let basis): basis.shape[0]
            case .random: block.classes
            }
    }

    func lossAndGradient(
        of pooled: Tensor, _ targets: Targets, into pooledGradient: Tensor,
        addingLossTo total: Tensor
    ) throws {
        let batch = pooled.shape[0]
        let scores: Shape = [batch, rows]
        try backend.withScratch([
            pooled.shape, [batch], [rows, features], scores, [batch, classes], scores,
        ]) { scratch in
            let (normalized, norms, pooledRows) = (scratch[0], scratch[1], scratch[2])
            let (scores, logits, scoresGradient) = (scratch[3], scratch[4], scratch[5])
            let compared: Tensor
            let rows: Tensor
            switch projection {
            case .basis(let basis):
                try backend.normalizeRows(pooled, into: normalized, norms: norms)
                (compared, rows) = (normalized, basis)
            case .random(let random):
                try backend.averagePool(random.value, pooling(random), into: pooledRows)
                (compared, rows) = (pooled, pooledRows)
            }
            try backend.multiply(compared.matrix, rows.transposed, into: scores)
            try modulate(scores, into: logits)
            try backend.crossEntropy(
                logits, targets, options, gradient: logits, addingLossTo: total)
            try modulationGradient(of: logits, scores, into: scoresGradient)

            switch projection {
            case .random(let random):
                try backend.multiply(scoresGradient.matrix, rows.matrix, into: pooledGradient)
                guard let gradient = random.gradient else { break }
                try backend.multiply(scoresGradient.transposed, compared.matrix, into: pooledRows)
                try backend.averagePoolGradient(of: pooledRows, pooling(random), into: gradient)
            case .basis:
                // The logits' gradient is spent; what follows needs only the normalised rows.
                try backend.withScratch([pooled.shape]) { gradient in
                    try backend.multiply(scoresGradient.matrix, rows.matrix, into: gradient[0])
                    try backend.normalizeRowsGradient(
                        of: gradient[0], output: normalized, norms: norms, into: pooledGradient)
                }
            }
        }
    }

    /// Random rows, pooled to the block's features.
    private func pooling(_ random: Parameter) -> AveragePoolGeometry {
        AveragePoolGeometry(inputShape: [classes, random.value.shape[1]], size: features)
    }

    private func modulate(_ scores: Tensor, into logits: Tensor) throws {
        guard let value = modulator?.value else { return try backend.copy(scores, into: logits) }
        switch modulation {
        case .none: break
        case .columns: try backend.scaleColumns(scores, by: columns(value), into: logits)
        case .matrix: try backend.multiply(scores.matrix, value.matrix, into: logits)
        case .transposedMatrix:
            try backend.multiply(scores.matrix, value.transposed, into: logits)
        }
    }

    /// The gradients of the scores and of the modulation, from that of the logits.
    private func modulationGradient(
        of logits: Tensor, _ scores: Tensor, into scoresGradient: Tensor
    ) throws {
        guard let value = modulator?.value, let gradient = modulator?.gradient else {
            return try backend.copy(logits, into: scoresGradient)
        }
        switch modulation {
        case .none: break
        case .columns:
            try backend.sumRowProducts(scores, logits, into: columns(gradient))
            try backend.scaleColumns(logits, by: columns(value), into: scoresGradient)
        case .matrix:
            try backend.multiply(scores.transposed, logits.matrix, into: gradient)
            try backend.multiply(logits.matrix, value.transposed, into: scoresGradient)
        case .transposedMatrix:
            try backend.multiply(logits.transposed, scores.matrix, into: gradient)
            try backend.multiply(logits.matrix, value.matrix, into: scoresGradient)
        }
    }

    private func columns(_ tensor: Tensor) -> Tensor { tensor.reshaped([tensor.count]) }
}
