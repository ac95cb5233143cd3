import Tensors

extension OpenCLBackend {
    /// The register engine's product: the right factor is read in panels as wide as a tile, and
    /// packed into them if it is not stored so already.
    func multiplyInRegisters(_ product: MatrixProduct) throws {
        let (rows, columns, depth) = (product.rows, product.columns, product.depth)
        let isLeftTransposed = product.left.isTransposed
        let tile = tile(
            for: product.operation,
            default: isLeftTransposed
                ? RegisterTile.forOuterProducts(rows: rows, columns: columns, traits)
                : RegisterTile.forProduct(rows: rows, columns: columns, traits)
        ).noHigher(than: rows)
        let tiles = ceilingDivision(rows, tile.height) * ceilingDivision(columns, tile.columns)
        let split = DepthSplit(
            depth: depth, rows: rows, columns: columns, tiles: tiles,
            computeUnits: traits.computeUnits)
        let enqueue = isLeftTransposed ? sumOuterProducts : multiplyRows
        guard split.splits > 1 else {
            try enqueue(product, tile, split, 1, product.bias, product.output)
            return
        }
        let zeros = try zeros(count: columns)
        try withScratch([[split.splits, rows, columns]]) { partials in
            try enqueue(product, tile, split, split.splits, zeros, partials[0])
            try addPartials(
                partials[0], splits: split.splits, rows: rows, bias: product.bias,
                into: product.output)
        }
    }

    /// Rows times columns, in `splits` parts of the depth.
    private func multiplyRows(
        _ product: MatrixProduct, _ tile: RegisterTile, _ split: DepthSplit, _ splits: Int,
        bias: Tensor, into target: Tensor
    ) throws {
        let (rows, columns, depth) = (product.rows, product.columns, product.depth)
        let right = product.right
        let depthPerSplit = splits > 1 ? split.depthPerSplit : depth
        let share = MacroTile(
            bands: ceilingDivision(rows, tile.height),
            panels: ceilingDivision(columns, tile.columns), products: splits,
            computeUnits: traits.computeUnits)
        // Many rows of output read the panels often enough to pay for packing them.
        let packs = right.isTransposed || columns % tile.columns != 0 || rows >= 512
        let groups = share.global.reduce(1, *)
        try withScratch([
            packs ? [groups, share.panels, RegisterTile.slab, tile.columns] : [1]
        ]) { scratch in
            try launch(
                .matrixRegister, "multiply", defines: tile.productDefines(packs: packs),
                [
                    .tensor(product.left.tensor), .tensor(right.tensor), .tensor(bias),
                    .tensor(target), .int(rows), .int(columns), .int(depth), .int(depth),
                    .int(packs ? tile.columns : columns), .int(tile.columns),
                    .int(depthPerSplit),
                    .int(depthPerSplit * (right.isTransposed ? 1 : columns)),
                    .int(depthPerSplit), .int(share.panels), .int(share.bands),
                    .int(depthPerSplit), .tensor(scratch[0]), .int(right.isTransposed ? 1 : 0),
                ],
                global: share.global, local: [1, 1, 1])
        }
    }

    /// A transposed left factor times columns, in `splits` parts of the depth.
    private func sumOuterProducts(
        _ product: MatrixProduct, _ tile: RegisterTile, _ split: DepthSplit, _ splits: Int,
        bias: Tensor, into target: Tensor
    ) throws {
        let (rows, columns, depth) = (product.rows, product.columns, product.depth)
        let panels = ceilingDivision(columns, tile.columns)
        let tiles = ceilingDivision(rows, tile.height) * panels
        let tilesPerGroup = ceilingDivision(tiles, split.tileGroups)
        let depthPerSplit = splits > 1 ? split.depthPerSplit : depth
        let packs = product.right.isTransposed || columns % tile.columns != 0
        let rowStride = packs ? tile.columns : columns
        try withScratch([packs ? [panels, depth, tile.columns] : [1]]) { scratch in
            if packs { try packColumns(product.right, tile, into: scratch[0]) }
            try launch(
                .matrixRegister, "multiply_transposed", defines: tile.productDefines(),
                [
                    .tensor(product.left.tensor),
                    .tensor(packs ? scratch[0] : product.right.tensor), .tensor(bias),
                    .tensor(target), .int(rows), .int(columns), .int(depth), .int(rows),
                    .int(rowStride), .int(packs ? tile.columns * depth : tile.columns),
                    .int(depthPerSplit * rows), .int(depthPerSplit * rowStride),
                    .int(depthPerSplit), .int(tilesPerGroup), .int(depthPerSplit),
                    .int(split.depthPerChunk), .int(0),
                ],
                global: [ceilingDivision(tiles, tilesPerGroup), splits], local: [1, 1])
        }
    }

    /// `right` to panels as wide as `tile`.
    private func packColumns(_ right: MatrixFactor, _ tile: RegisterTile, into panels: Tensor)
        throws
    {
        let depth = panels.shape[1]
        let rowsPerGroup = max(64, ceilingDivision(depth, maxAxis))
        try launch(
            .matrixRegister, "pack_columns", defines: tile.defines(),
            [
                .tensor(right.tensor), .tensor(panels), .int(depth), .int(right.columns),
                .int(right.isTransposed ? 1 : 0), .int(rowsPerGroup),
            ],
            global: [panels.shape[0], ceilingDivision(depth, rowsPerGroup)], local: [1, 1])
    }

    /// `output [rows, columns] = bias [columns] + Σ partials [splits, rows, columns]`, always in
    /// the same order.
    func addPartials(
        _ partials: Tensor, splits: Int, rows: Int, bias: Tensor, into output: Tensor
    ) throws {
        let columns = output.count / rows
        switch engine {
        case .register:
            let rowsPerGroup = ceilingDivision(rows, min(rows, 4 * traits.computeUnits))
            try launch(
                .matrixRegister, "add_partials",
                defines: RegisterTile(height: 1, vectors: 1).defines(),
                [
                    .tensor(partials), .tensor(bias), .tensor(output), .int(rows), .int(columns),
                    .int(splits), .int(rowsPerGroup),
                ],
                global: [ceilingDivision(rows, rowsPerGroup)], local: [1])
        case .local:
            let group = min(64, traits.maxWorkGroupSize)
            let groups = min(ceilingDivision(output.count, group), maxAxis / group)
            try launch(
                .matrixLocal, "add_partials",
                [
                    .tensor(partials), .tensor(bias), .tensor(output), .int(output.count),
                    .int(columns), .int(splits),
                ],
                global: [groups * group], local: [group])
        }
    }
}

extension RegisterTile {
    /// Rows of the panels that a work-item holds in its core's cache.
    static let slab = 256

    /// Terms that are summed by themselves. Sums of 256 fail VGG11's comparison of backends and the
    /// bound of Winograd's error.
    private static let longestRun = 64

    /// The constants of the kernels of products; `packs`: whether `multiply` makes panels.
    func productDefines(packs: Bool = false) -> [KernelDefine] {
        defines(
            KernelDefine("ROWS", height), KernelDefine("RUN", Self.longestRun),
            KernelDefine("SLAB", Self.slab),
            KernelDefine("PACKS", packs ? 1 : 0))
    }
}
