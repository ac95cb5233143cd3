import Tensors

/// What pooled activations are compared with.
enum Projection {
    /// The fixed basis; activations are normalised first.
    case basis(Tensor)
    /// Rows of random numbers, `[classes, length]`, pooled to the block's features; activations are
    /// not normalised.
    case random(length: Int, isTrained: Bool)
}

/// What happens to the scores before their cross-entropy is taken. All but the first are learned.
enum Modulation {
    case none
    /// Each column by a number of its own. The shape in files differs from rule to rule.
    case columns(name: String, Shape)
    /// `scores · M`, M `[rows, classes]`.
    case matrix(name: String)
    /// `scores · Mᵀ`, M `[classes, classes]`: a projection whose rows were mixed by M.
    case transposedMatrix(name: String)
}

/// The local loss of every rule but plain LLS: cross-entropy of `modulation(x · Pᵀ)`, with x the
/// pooled activation, normalised or not, and P the projection.
final class ProjectionHead: LocalHead {
    private let shape: HeadShape
    private let projection: Projection
    private let modulation: Modulation
    private let options: CrossEntropyOptions
    private var random, modulator: Parameter?

    init(
        _ shape: HeadShape, _ projection: Projection, _ modulation: Modulation,
        _ options: CrossEntropyOptions
    ) {
        self.shape = shape
        self.projection = projection
        self.modulation = modulation
        self.options = options
    }

    /// Rows of the projection.
    private var rows: Int {
        switch projection {
        case .basis(let basis): basis.shape[0]
        case .random: shape.classes
        }
    }

    var descriptions: [ParameterDescription] {
        var descriptions: [ParameterDescription] = []
        if case .random(let length, let isTrained) = projection {
            descriptions.append(
                ParameterDescription(
                    "\(shape.block).feedback", [shape.classes, length],
                    initial: .normal(deviation: 0.1), isTrained: isTrained))
        }
        let (name, extents): (String, Shape)
        switch modulation {
        case .none: return descriptions
        case .columns(let columns, let shape): (name, extents) = (columns, shape)
        case .matrix(let matrix), .transposedMatrix(let matrix):
            (name, extents) = (matrix, [rows, shape.classes])
        }
        descriptions.append(
            ParameterDescription(
                "\(shape.block).\(name)", extents, initial: .normal(deviation: 0.01)))
        return descriptions
    }

    func bind(to group: ParameterGroup, on backend: any Backend) throws {
        if case .random = projection { random = group["\(shape.block).feedback"] }
        switch modulation {
        case .none: break
        case .columns(let name, _), .matrix(let name), .transposedMatrix(let name):
            modulator = group["\(shape.block).\(name)"]
        }
    }

    func signal(
        _ pooled: Tensor, _ labels: Tensor, into pooledGradient: Tensor,
        addingLossTo total: Tensor, on backend: any Backend
    ) throws {
        let batch = pooled.shape[0]
        let scores: Shape = [batch, rows]
        try backend.withScratch([
            pooled.shape, [batch], [rows, shape.features], scores, [batch, shape.classes], scores,
        ]) { scratch in
            let (unit, norms, pooledRows) = (scratch[0], scratch[1], scratch[2])
            let (scores, logits, scoresGradient) = (scratch[3], scratch[4], scratch[5])
            let features: Tensor
            let rows: Tensor
            switch projection {
            case .basis(let basis):
                try backend.normalizeRows(pooled, into: unit, norms: norms)
                (features, rows) = (unit, basis)
            case .random:
                try poolRows(into: pooledRows, on: backend)
                (features, rows) = (pooled, pooledRows)
            }
            try backend.multiply(features.matrix, rows.transposed, into: scores)
            try modulate(scores, into: logits, on: backend)
            try backend.crossEntropy(logits, labels, options, gradient: logits, addingLossTo: total)
            try modulationGradient(of: logits, scores, into: scoresGradient, on: backend)

            guard case .basis = projection else {
                try backend.multiply(scoresGradient.matrix, rows.matrix, into: pooledGradient)
                return try rowsGradient(
                    of: scoresGradient, features, into: pooledRows, on: backend)
            }
            // The logits' gradient is spent; what follows needs only the unit vectors.
            try backend.withScratch([pooled.shape]) { gradient in
                try backend.multiply(scoresGradient.matrix, rows.matrix, into: gradient[0])
                try backend.normalizeRowsGradient(
                    of: gradient[0], output: unit, norms: norms, into: pooledGradient)
            }
        }
    }

    private func geometry(_ length: Int) -> AveragePoolGeometry {
        AveragePoolGeometry(inputShape: [shape.classes, length], size: shape.features)
    }

    private func poolRows(into rows: Tensor, on backend: any Backend) throws {
        guard let random else { return }
        try backend.averagePool(random.value, geometry(random.value.shape[1]), into: rows)
    }

    /// The projection's own gradient, where it is trained; `rows` is overwritten.
    private func rowsGradient(
        of scoresGradient: Tensor, _ features: Tensor, into rows: Tensor, on backend: any Backend
    ) throws {
        guard let random, let gradient = random.gradient else { return }
        try backend.multiply(scoresGradient.transposed, features.matrix, into: rows)
        try backend.averagePoolGradient(
            of: rows, geometry(random.value.shape[1]), into: gradient)
    }

    private func modulate(
        _ scores: Tensor, into logits: Tensor, on backend: any Backend
    ) throws {
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
        of logits: Tensor, _ scores: Tensor, into scoresGradient: Tensor,
        on backend: any Backend
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
