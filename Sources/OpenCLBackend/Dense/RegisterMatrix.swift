import Tensors

extension OpenCLBackend {
    /// The register engine's product: the right factor is read in panels as wide as a tile, and
    /// packed into them where it does not lie so already.
    func multiplyInRegisters(_ product: MatrixProduct) throws {
        let tile = tile(
            for: product.operation,
            shipped: product.left.isTransposed
                ? RegisterTile.forOuterProducts(
                    rows: product.rows, columns: product.columns, traits)
                : RegisterTile.forProduct(rows: product.rows, columns: product.columns, traits)
        ).noHigher(than: product.rows)
        // Many rows of output read the panels often enough to pay for packing them.
        let packs =
            product.right.isTransposed || product.columns % tile.columns != 0
            || product.rows >= 512 && !product.left.isTransposed
        guard packs else {
            try multiply(
                product, tile, right: product.right.tensor, rowStride: product.columns,
                panelStride: tile.columns)
            return
        }
        let panels = ceilingDivision(product.columns, tile.columns)
        try withScratch([[panels, product.depth, tile.columns]]) { scratch in
            let rowsPerGroup = max(64, ceilingDivision(product.depth, longestAxis))
            try launch(
                .matrixRegister, "pack_columns", defines: [KernelDefine("VECTORS", tile.vectors)],
                [
                    .tensor(product.right.tensor), .tensor(scratch[0]), .int(product.depth),
                    .int(product.columns), .int(product.right.isTransposed ? 1 : 0),
                    .int(rowsPerGroup),
                ],
                global: [panels, ceilingDivision(product.depth, rowsPerGroup)], local: [1, 1])
            try multiply(
                product, tile, right: scratch[0], rowStride: tile.columns,
                panelStride: tile.columns * product.depth)
        }
    }

    private func multiply(
        _ product: MatrixProduct, _ tile: RegisterTile, right: Tensor, rowStride: Int,
        panelStride: Int
    ) throws {
        let (rows, columns, depth) = (product.rows, product.columns, product.depth)
        let panels = ceilingDivision(columns, tile.columns)
        let bands = ceilingDivision(rows, tile.height)
        let isTransposed = product.left.isTransposed
        let split = DepthSplit(
            depth: depth, rows: rows, columns: columns, tiles: bands * panels,
            computeUnits: traits.computeUnits)
        // Without the transpose tiles are cheap to visit, so splits are for want of tiles only.
        let isSplit =
            split.splits > 1 && (isTransposed || bands * panels < 2 * traits.computeUnits)
        let splits = isSplit ? split.splits : 1
        let depthPerSplit = isSplit ? split.depthPerSplit : depth

        func enqueue(bias: Tensor, into target: Tensor) throws {
            let operands: [KernelArgument] = [
                .tensor(product.left.tensor), .tensor(right), .tensor(bias), .tensor(target),
                .int(rows), .int(columns), .int(depth), .int(isTransposed ? rows : depth),
                .int(rowStride), .int(panelStride),
                .int(depthPerSplit * (isTransposed ? rows : 1)), .int(depthPerSplit * rowStride),
                .int(depthPerSplit),
            ]
            if isTransposed {
                let tilesPerGroup = ceilingDivision(bands * panels, split.tileGroups)
                try launch(
                    .matrixRegister, "multiply_transposed", defines: tile.defines,
                    operands + [
                        .int(tilesPerGroup), .int(depthPerSplit), .int(split.depthPerChunk),
                        .int(0),
                    ],
                    global: [ceilingDivision(bands * panels, tilesPerGroup), splits],
                    local: [1, 1])
            } else {
                let tilesPerGroup = tile.tilesPerGroup(
                    bands, lanes: panels * splits, depth: depthPerSplit,
                    computeUnits: traits.computeUnits)
                try launch(
                    .matrixRegister, "multiply", defines: tile.defines,
                    operands + [.int(tilesPerGroup), .int(depthPerSplit)],
                    global: [panels, ceilingDivision(bands, tilesPerGroup), splits],
                    local: [1, 1, 1])
            }
        }
        guard isSplit else {
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
                .matrixRegister, "add_partials", defines: [KernelDefine("VECTORS", 1)],
                [
                    .tensor(partials), .tensor(bias), .tensor(output), .int(rows), .int(columns),
                    .int(splits), .int(rowsPerGroup),
                ],
                global: [ceilingDivision(rows, rowsPerGroup)], local: [1])
        case .local:
            let group = min(64, traits.maxWorkGroupSize)
            let groups = min(ceilingDivision(output.count, group), longestAxis / group)
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
    /// Terms that are summed by themselves.
    private static let longestRun = 64

    /// What the kernels of products are compiled with.
    var defines: [KernelDefine] {
        [
            KernelDefine("ROWS", height), KernelDefine("VECTORS", vectors),
            KernelDefine("RUN", Self.longestRun),
        ]
    }
}
