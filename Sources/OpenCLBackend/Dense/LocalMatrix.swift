import Tensors

extension OpenCLBackend {
    /// The local-memory engine's product.
    func multiplyInLocalMemory(_ product: MatrixProduct) throws {
        let (rows, columns, depth) = (product.rows, product.columns, product.depth)
        let isAligned = [product.left.tensor, product.right.tensor, product.output]
            .allSatisfy { $0.shape.channels % 4 == 0 }
        let isTransposed = (left: product.left.isTransposed, right: product.right.isTransposed)
        func defines(_ tile: LocalTile) -> [KernelDefine] {
            tile.defines(isAligned: isAligned) + [
                KernelDefine("TRANSPOSED_LEFT", isTransposed.left ? 1 : 0),
                KernelDefine("TRANSPOSED_RIGHT", isTransposed.right ? 1 : 0),
            ]
        }
        let tile = try fitted(
            tile(
                for: product.operation,
                default: LocalTile(
                    rows: rows, columns: columns, mayOccupy: max(depth / 256, 1), traits: traits)),
            to: .matrixLocal, "multiply", defines)
        let (splits, depthPerSplit) = tile.splits(rows, columns, depth: depth, traits)

        // Splits follow each other along the depth: rows of a transposed factor, columns else.
        let leftStep = depthPerSplit * (isTransposed.left ? rows : 1)
        let rightStep = depthPerSplit * (isTransposed.right ? 1 : columns)

        func enqueue(bias: Tensor, into target: Tensor) throws {
            try launch(
                .matrixLocal, "multiply",
                defines: defines(tile),
                [
                    .tensor(product.left.tensor), .tensor(product.right.tensor), .tensor(bias),
                    .tensor(target), .int(rows), .int(columns), .int(depth), .int(leftStep),
                    .int(rightStep), .int(depthPerSplit), .int(depthPerSplit), .int(0),
                ],
                global: tile.global(rows, columns, splits: splits), local: tile.local)
        }
        guard splits > 1 else {
            try enqueue(bias: product.bias, into: product.output)
            return
        }
        let zeros = try zeros(count: columns)
        try withScratch([[splits, rows, columns]]) { partials in
            try enqueue(bias: zeros, into: partials[0])
            try addPartials(
                partials[0], splits: splits, rows: rows, bias: product.bias, into: product.output)
        }
    }
}

extension LocalTile {
    /// How many parts the depth is cut into for want of tiles, and how deep each is.
    func splits(_ rows: Int, _ columns: Int, depth terms: Int, _ traits: DeviceTraits) -> (
        count: Int, depth: Int
    ) {
        // Partial sums cost memory: never more than 64 MB of them.
        let affordable = max(16_777_216 / (rows * columns), 1)
        let missing = ceilingDivision(2 * traits.computeUnits, tiles(rows, columns))
        let wanted = min(missing, max(terms / 256, 1), affordable)
        // Whole slabs, and so whole quads.
        let share = ceilingDivision(ceilingDivision(terms, wanted), depth) * depth
        return (ceilingDivision(terms, share), share)
    }
}
