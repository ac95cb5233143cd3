import Tensors

/// Operations that are computed alike: the same but for the batch, which counts in powers of two.
/// The last, smaller batch of an epoch rarely makes a class of its own.
struct ShapeClass: Hashable {
    let operation: DenseOperation

    init(_ operation: DenseOperation) {
        switch operation.simplified {
        case .product(let product):
            self.operation = .product(
                ProductGeometry(
                    rows: product.isLeftTransposed ? product.rows : product.rows.ceilingPowerOfTwo,
                    depth: product.isLeftTransposed
                        ? product.depth.ceilingPowerOfTwo : product.depth,
                    columns: product.columns, isLeftTransposed: product.isLeftTransposed,
                    isRightTransposed: product.isRightTransposed))
        case .convolution(let geometry, let pass):
            self.operation = .convolution(
                geometry.withBatch(geometry.batch.ceilingPowerOfTwo), pass)
        }
    }

    /// Grouped convolutions have kernels of one shape only.
    var isTunable: Bool {
        if case .convolution(let geometry, _) = operation { geometry.groups == 1 } else { true }
    }

    /// For people and for files.
    var name: String {
        switch operation {
        case .product(let product):
            let left = product.isLeftTransposed ? "ᵀ" : ""
            let right = product.isRightTransposed ? "ᵀ" : ""
            return "product \(product.rows)x\(product.depth)\(left) · "
                + "\(product.depth)x\(product.columns)\(right)"
        case .convolution(let geometry, let pass):
            return "convolution \(pass.rawValue) \(geometry.batch)x\(geometry.height)x"
                + "\(geometry.width)x\(geometry.inputChannels) to \(geometry.outputChannels), "
                + "\(geometry.kernelHeight)x\(geometry.kernelWidth) stride \(geometry.stride) "
                + "padding \(geometry.padding)"
        }
    }

    /// The same for a smaller batch, so that one run is about `limit` multiply–accumulates: enough
    /// to tell variants apart.
    func reduced(to limit: Int) -> DenseOperation {
        let share = Double(limit) / Double(max(operation.multiplyAccumulates, 1))
        func reduce(_ extent: Int) -> Int {
            Int(Double(extent) * share).clamped(to: 1...extent)
        }
        return switch operation {
        case .convolution(let geometry, let pass):
            .convolution(geometry.withBatch(reduce(geometry.batch)), pass)
        case .product(let product):
            .product(
                ProductGeometry(
                    rows: product.isLeftTransposed ? product.rows : reduce(product.rows),
                    depth: product.isLeftTransposed ? reduce(product.depth) : product.depth,
                    columns: product.columns, isLeftTransposed: product.isLeftTransposed,
                    isRightTransposed: product.isRightTransposed))
        }
    }
}
