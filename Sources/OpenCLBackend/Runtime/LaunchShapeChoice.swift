import Tensors

/// Which launch shape suits which work, on this device and engine.
extension OpenCLBackend {
    /// Elements that are worth a work-group on a processor: 64 kB.
    private static var groupElements: Int { 1 << 14 }

    private var groupItems: Int { traits.groupItems }

    private func workGroups(of elements: Int, perUnit: Int) -> Int {
        (elements / Self.groupElements).clamped(to: 1...perUnit * traits.computeUnits)
    }

    private func vectorWidth(for extent: Int) -> Int {
        engine == .register ? 16 : extent.isMultiple(of: 4) ? 4 : 1
    }

    /// For a map over `count` elements.
    func launchShape(elements count: Int) -> LaunchShape {
        let width = vectorWidth(for: count)
        guard engine == .local else {
            let run = ceilingDivision(count, workGroups(of: count, perUnit: 32))
                .roundedUp(to: width)
            let groups = ceilingDivision(count, run)
            return LaunchShape(
                vectorWidth: width, rowsPerItem: run, workGroups: groups, global: [groups],
                local: [1])
        }
        let groups = min(ceilingDivision(count, width * groupItems), 8192)
        return LaunchShape(
            vectorWidth: width, rowsPerItem: 0, workGroups: groups, global: [groups * groupItems],
            local: [groupItems])
    }

    /// For a `[rows, channels]` matrix.
    ///
    /// - Parameter reducing: whether every group leaves a partial result, so that fewer are better.
    func launchShape(rows: Int, channels: Int, reducing: Bool = false) -> LaunchShape {
        let width = vectorWidth(for: channels)
        guard engine == .local else {
            let groups = workGroups(of: rows * channels, perUnit: reducing ? 16 : 32)
            return matrixShape(
                vectorWidth: width, channels,
                rowsPerItem: ceilingDivision(rows, groups).roundedUp(to: 8), of: rows)
        }
        let columns = columns(channels, width)
        let height = groupItems / columns.vectors
        let minRows = reducing ? 8 : rows * channels > 1 << 22 ? 4 : 1
        let maxGroups = reducing ? max(1024 / columns.groups, 1) : 1 << 15
        return matrixShape(
            vectorWidth: width, channels,
            rowsPerItem: max(minRows, ceilingDivision(rows, height * maxGroups)), of: rows)
    }

    /// For a `[rows, channels]` matrix of which one group reduces each channel.
    func launchShape(columnsOf rows: Int, channels: Int) -> LaunchShape {
        let width = vectorWidth(for: channels)
        guard engine == .local else {
            let items = min(ceilingDivision(channels, width), 2 * traits.computeUnits)
            return LaunchShape(
                vectorWidth: width, rowsPerItem: rows.roundedUp(to: 8), workGroups: 1,
                global: [items, 1], local: [1, 1])
        }
        return matrixShape(
            vectorWidth: width, channels,
            rowsPerItem: ceilingDivision(rows, groupItems / columns(channels, width).vectors),
            of: rows)
    }

    /// For `rows` windows of `pixels` pixels each; a group takes some windows one after the other.
    func launchShape(windows rows: Int, pixels: Int, channels: Int) -> LaunchShape {
        let width = vectorWidth(for: channels)
        guard engine == .local else {
            let groups = workGroups(of: rows * pixels * channels, perUnit: 32)
            return matrixShape(
                vectorWidth: width, channels, rowsPerItem: ceilingDivision(rows, groups), of: rows)
        }
        let columns = columns(channels, width)
        let height = min(groupItems / columns.vectors, pixels.ceilingPowerOfTwo)
        let rowsPerGroup = ceilingDivision(rows, 1 << 15)
        let groups = ceilingDivision(rows, rowsPerGroup)
        return LaunchShape(
            vectorWidth: width, rowsPerItem: rowsPerGroup, workGroups: groups,
            global: [columns.groups * columns.vectors, groups * height],
            local: [columns.vectors, height], sharing: .work)
    }

    /// For samples `[rows, features]`, each the work of a one-dimensional group.
    func launchShape(samples rows: Int, features: Int) -> LaunchShape {
        let width = vectorWidth(for: features)
        guard engine == .local else {
            let maxGroups = min(rows, 16 * traits.computeUnits)
            let groups = (rows * features / 2048).clamped(to: min(2, maxGroups)...maxGroups)
            return LaunchShape(
                vectorWidth: width, rowsPerItem: 1, workGroups: groups, global: [groups],
                local: [1])
        }
        let items = ceilingDivision(features, width).ceilingPowerOfTwo
            .clamped(to: min(32, groupItems)...groupItems)
        let groups = min(rows, 8192)
        return LaunchShape(
            vectorWidth: width, rowsPerItem: 1, workGroups: groups, global: [groups * items],
            local: [items], sharing: .work)
    }

    /// Groups side by side that cover the channels, and the vectors of channels of one group.
    private func columns(_ channels: Int, _ vectorWidth: Int) -> (groups: Int, vectors: Int) {
        let count = ceilingDivision(channels, vectorWidth)
        let vectors = min(count.ceilingPowerOfTwo, 64, groupItems)
        return (ceilingDivision(count, vectors), vectors)
    }

    /// A shape whose items take `rowsPerItem` of `rows` rows each.
    private func matrixShape(
        vectorWidth: Int, _ channels: Int, rowsPerItem: Int, of rows: Int
    ) -> LaunchShape {
        guard engine == .local else {
            let groups = ceilingDivision(rows, rowsPerItem)
            return LaunchShape(
                vectorWidth: vectorWidth, rowsPerItem: rowsPerItem, workGroups: groups,
                global: [1, groups], local: [1, 1])
        }
        let columns = columns(channels, vectorWidth)
        let height = groupItems / columns.vectors
        let groups = ceilingDivision(rows, rowsPerItem * height)
        return LaunchShape(
            vectorWidth: vectorWidth, rowsPerItem: rowsPerItem, workGroups: groups,
            global: [columns.groups * columns.vectors, groups * height],
            local: [columns.vectors, height], sharing: .rows)
    }

    /// Rows of a group whose items take ``LaunchShape/rowsPerItem`` rows each.
    func groupRows(_ shape: LaunchShape) -> Int { shape.rowsPerItem * shape.local[1] }
}

extension DeviceTraits {
    /// Work-items of a group on a GPU, a power of two. The hungriest kernel takes two `float4` and
    /// a float of local memory for each.
    fileprivate var groupItems: Int {
        min(256, maxWorkGroupSize.floorPowerOfTwo, (localMemoryBytes / 36).floorPowerOfTwo)
    }

    /// Work-items of a team that shares a row of scores: the kernels' `TEAM`.
    static var smallestGroup: Int { 32 }

    /// Whether the local-memory kernels run at all: a team and the smallest tile must fit.
    var canRunLocalKernels: Bool {
        groupItems >= Self.smallestGroup && LocalTile.smallest.fits(self)
    }
}

extension Activation {
    /// The kernels' `slope`: they know the identity as a leaky ReLU of slope 1.
    var slope: KernelArgument {
        if case .leakyReLU(let slope) = self { .float(slope) } else { .float(1) }
    }
}
