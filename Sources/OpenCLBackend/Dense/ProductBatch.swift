import Tensors

/// Products `output[b] = left[b] · right[b]` of one shape, as Winograd's filtering needs them.
struct ProductBatch {
    let count, rows, columns, depth: Int
    /// `[count, rows, leftWidth]`, or transposed, in panels `[count, panels, depth, leftWidth]`.
    let left: Tensor
    let leftWidth: Int
    let isLeftTransposed: Bool
    /// In panels `[count, panels, depth, panelWidth]`.
    let right: Tensor
    /// Whether the products are added to `output`.
    var accumulates = false
    /// `[count, rows, columns]`.
    let output: Tensor
}

extension OpenCLBackend {
    /// How wide the panels of a right factor of `columns` columns are; the local-memory engine
    /// knows one panel only.
    func panelWidth(rows: Int, columns: Int, isLeftTransposed: Bool) -> Int {
        switch engine {
        case .register:
            (isLeftTransposed
                ? RegisterTile.forOuterProducts(rows: rows, columns: columns, traits)
                : RegisterTile.forProduct(rows: rows, columns: columns, traits)).columns
        case .local: columns
        }
    }

    func multiply(_ batch: ProductBatch) throws {
        switch engine {
        case .register: try multiplyInRegisters(batch)
        case .local: try multiplyInLocalMemory(batch)
        }
    }

    private func multiplyInRegisters(_ batch: ProductBatch) throws {
        let (rows, columns, depth) = (batch.rows, batch.columns, batch.depth)
        let tile =
            batch.isLeftTransposed
            ? RegisterTile.forOuterProducts(rows: rows, columns: columns, traits)
            : RegisterTile.forProduct(rows: rows, columns: columns, traits)
        let panels = ceilingDivision(columns, tile.columns)
        let bands = ceilingDivision(rows, tile.height)
        let leftPanels = batch.isLeftTransposed ? ceilingDivision(rows, batch.leftWidth) : 1
        let operands: [KernelArgument] = [
            .tensor(batch.left), .tensor(batch.right), .tensor(try zeros(count: columns)),
            .tensor(batch.output), .int(rows), .int(columns), .int(depth), .int(batch.leftWidth),
            .int(tile.columns), .int(tile.columns * depth),
            .int((batch.isLeftTransposed ? leftPanels * depth : rows) * batch.leftWidth),
            .int(panels * tile.columns * depth), .int(0),
        ]
        if batch.isLeftTransposed {
            let tilesPerGroup = tile.tilesPerGroup(
                bands * panels, lanes: batch.count, depth: depth,
                computeUnits: traits.computeUnits)
            try launch(
                .matrixRegister, "multiply_transposed", defines: tile.productDefines(),
                operands + [
                    .int(tilesPerGroup), .int(depth), .int(depth),
                    .int(batch.accumulates ? 1 : 0),
                ],
                global: [ceilingDivision(bands * panels, tilesPerGroup), batch.count],
                local: [1, 1])
        } else {
            precondition(!batch.accumulates, "only sums of outer products accumulate")
            let share = MacroTile(
                bands: bands, panels: panels, products: batch.count,
                computeUnits: traits.computeUnits)
            try launch(
                .matrixRegister, "multiply", defines: tile.productDefines(),
                operands + [
                    .int(share.panels), .int(share.bands), .int(depth), .tensor(batch.right),
                    .int(0),
                ],
                global: share.global, local: [1, 1, 1])
        }
    }

    private func multiplyInLocalMemory(_ batch: ProductBatch) throws {
        let (rows, columns, depth) = (batch.rows, batch.columns, batch.depth)
        precondition(
            batch.leftWidth == (batch.isLeftTransposed ? rows : depth),
            "the local-memory engine multiplies matrices without gaps")
        let isAligned = [batch.leftWidth, columns].allSatisfy { $0 % 4 == 0 }
        func defines(_ tile: LocalTile) -> [KernelDefine] {
            tile.defines(isAligned: isAligned) + [
                KernelDefine("TRANSPOSED_LEFT", batch.isLeftTransposed ? 1 : 0),
                KernelDefine("TRANSPOSED_RIGHT", 0),
            ]
        }
        let tile = try fitted(
            LocalTile(rows: rows, columns: columns, mayOccupy: batch.count, traits: traits),
            to: .matrixLocal, "multiply", defines)
        try launch(
            .matrixLocal, "multiply", defines: defines(tile),
            [
                .tensor(batch.left), .tensor(batch.right), .tensor(try zeros(count: columns)),
                .tensor(batch.output), .int(rows), .int(columns), .int(depth), .int(rows * depth),
                .int(depth * columns), .int(0), .int(depth), .int(batch.accumulates ? 1 : 0),
            ],
            global: tile.global(rows, columns, splits: batch.count), local: tile.local)
    }
}
