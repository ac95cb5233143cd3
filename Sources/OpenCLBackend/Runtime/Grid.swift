import KernelSources
import Tensors

/// How a kernel's work is dealt out to work-items. `Kernels/common.cl` says what the kernels make
/// of it.
struct Grid {
    /// Neighbouring elements that an item takes at a time: the kernels' `VECTOR`.
    let vector: Int
    /// Elements of an item's run, or rows of an item.
    let share: Int
    /// Groups along the last axis.
    let groups: Int
    let global, local: [Int]
    var sharing = Sharing.none

    /// How the items of a group depend on each other, and so what a smaller group has to do.
    enum Sharing {
        /// They work apart: there are more groups.
        case none
        /// They add up what they found in `share` rows each: items have more rows.
        case rows
        /// They share one piece of work out among themselves, however many they are.
        case work
    }

    /// Local memory for one number of every item of a group, and for one vector.
    var numbers: KernelArgument { .local(local.reduce(4, *)) }
    var vectors: KernelArgument { .local(local.reduce(4 * vector, *)) }

    /// The same work for groups of at most `limit` items. As many groups along the last axis as
    /// before leave partial results, so that their memory stays as it was planned.
    func shrunk(to limit: Int) -> Grid {
        let most = max(limit, 1).floorPowerOfTwo
        guard local.reduce(1, *) > most else { return self }
        var smaller = local
        // All extents are powers of two. The last axis is the one along which a group sums.
        for axis in smaller.indices.reversed() {
            while smaller.reduce(1, *) > most, smaller[axis] > 1 { smaller[axis] /= 2 }
        }
        guard sharing != .none, let last = local.last, let lastSmaller = smaller.last else {
            return Grid(
                vector: vector, share: share, groups: groups, global: global, local: smaller)
        }
        return Grid(
            vector: vector, share: sharing == .rows ? share * (last / lastSmaller) : share,
            groups: groups, global: global.dropLast() + [groups * lastSmaller], local: smaller,
            sharing: sharing)
    }
}

extension OpenCLBackend {
    /// Elements that are worth a work-group on a processor: 64 kB.
    private static var groupElements: Int { 1 << 14 }

    private var groupItems: Int { traits.groupItems }

    private func groups(of elements: Int, perUnit: Int) -> Int {
        (elements / Self.groupElements).clamped(to: 1...perUnit * traits.computeUnits)
    }

    private func vector(for extent: Int) -> Int {
        engine == .register ? 16 : extent.isMultiple(of: 4) ? 4 : 1
    }

    /// For a map over `count` elements.
    func elementGrid(_ count: Int) -> Grid {
        let vector = vector(for: count)
        guard engine == .local else {
            let run = ceilingDivision(count, groups(of: count, perUnit: 32)).roundedUp(to: vector)
            let groups = ceilingDivision(count, run)
            return Grid(vector: vector, share: run, groups: groups, global: [groups], local: [1])
        }
        let groups = min(ceilingDivision(count, vector * groupItems), 8192)
        return Grid(
            vector: vector, share: 0, groups: groups, global: [groups * groupItems],
            local: [groupItems])
    }

    /// For a `[rows, channels]` matrix.
    ///
    /// - Parameter reducing: whether every group leaves a partial result, so that fewer are better.
    func rowGrid(_ rows: Int, _ channels: Int, reducing: Bool = false) -> Grid {
        let vector = vector(for: channels)
        guard engine == .local else {
            let groups = groups(of: rows * channels, perUnit: reducing ? 16 : 32)
            return matrixGrid(
                vector: vector, channels,
                share: ceilingDivision(rows, groups).roundedUp(to: 8), of: rows)
        }
        let (across, width) = columns(channels, vector)
        let height = groupItems / width
        let few = reducing ? 8 : rows * channels > 1 << 22 ? 4 : 1
        let most = reducing ? max(1024 / across, 1) : 1 << 15
        return matrixGrid(
            vector: vector, channels, share: max(few, ceilingDivision(rows, height * most)),
            of: rows)
    }

    /// For a `[rows, channels]` matrix that one group reduces for each of its channels.
    func columnGrid(_ rows: Int, _ channels: Int) -> Grid {
        let vector = vector(for: channels)
        guard engine == .local else {
            let items = min(ceilingDivision(channels, vector), 2 * traits.computeUnits)
            return Grid(
                vector: vector, share: rows.roundedUp(to: 8), groups: 1, global: [items, 1],
                local: [1, 1])
        }
        let (_, width) = columns(channels, vector)
        return matrixGrid(
            vector: vector, channels, share: ceilingDivision(rows, groupItems / width), of: rows)
    }

    /// For `rows` windows of `pixels` pixels each; a group takes `share` windows in turn.
    func windowGrid(_ rows: Int, pixels: Int, _ channels: Int) -> Grid {
        let vector = vector(for: channels)
        guard engine == .local else {
            let groups = groups(of: rows * pixels * channels, perUnit: 32)
            return matrixGrid(
                vector: vector, channels, share: ceilingDivision(rows, groups), of: rows)
        }
        let (across, width) = columns(channels, vector)
        let height = min(groupItems / width, pixels.ceilingPowerOfTwo)
        let share = ceilingDivision(rows, 1 << 15)
        let groups = ceilingDivision(rows, share)
        return Grid(
            vector: vector, share: share, groups: groups,
            global: [across * width, groups * height], local: [width, height], sharing: .work)
    }

    /// For samples `[rows, features]`, each the work of a one-dimensional group.
    func sampleGrid(_ rows: Int, _ features: Int) -> Grid {
        let vector = vector(for: features)
        guard engine == .local else {
            let most = min(rows, 16 * traits.computeUnits)
            let groups = (rows * features / 2048).clamped(to: min(2, most)...most)
            return Grid(vector: vector, share: 1, groups: groups, global: [groups], local: [1])
        }
        let items = ceilingDivision(features, vector).ceilingPowerOfTwo
            .clamped(to: min(32, groupItems)...groupItems)
        let groups = min(rows, 8192)
        return Grid(
            vector: vector, share: 1, groups: groups, global: [groups * items], local: [items],
            sharing: .work)
    }

    /// Vectors of channels of a group, and groups side by side.
    private func columns(_ channels: Int, _ vector: Int) -> (across: Int, width: Int) {
        let vectors = ceilingDivision(channels, vector)
        let width = min(vectors.ceilingPowerOfTwo, 64, groupItems)
        return (ceilingDivision(vectors, width), width)
    }

    /// A grid whose items take `share` of `rows` rows each.
    private func matrixGrid(vector: Int, _ channels: Int, share: Int, of rows: Int) -> Grid {
        guard engine == .local else {
            let groups = ceilingDivision(rows, share)
            return Grid(
                vector: vector, share: share, groups: groups, global: [1, groups], local: [1, 1])
        }
        let (across, width) = columns(channels, vector)
        let height = groupItems / width
        let groups = ceilingDivision(rows, share * height)
        return Grid(
            vector: vector, share: share, groups: groups,
            global: [across * width, groups * height], local: [width, height], sharing: .rows)
    }

    /// Rows of a group of a grid whose items take `share` rows each.
    func groupRows(_ grid: Grid) -> Int { grid.share * grid.local[1] }

    /// Launches a map over `count` elements: `kernel(tensors…, count, run, scalars…)`.
    func map(
        _ source: KernelSource, _ kernel: String, activation: Activation = .identity,
        _ tensors: [Tensor], count: Int, _ scalars: [KernelArgument] = []
    ) throws {
        guard count > 0 else { return }
        let grid = elementGrid(count)
        try launch(
            source, kernel, defines: defines(grid, activation), over: grid,
            tensors.map(KernelArgument.tensor) + [.int(count), .int(grid.share)] + scalars)
    }

    /// Launches over `grid`, in smaller groups where the kernel needs them; for kernels that are not
    /// told how many rows an item has.
    func launch(
        _ source: KernelSource, _ kernel: String, defines: [KernelDefine], over grid: Grid,
        _ arguments: [KernelArgument]
    ) throws {
        let limit = try groupLimit(source, kernel, defines, wanted: grid.local)
        let grid = grid.shrunk(to: limit)
        try launch(
            source, kernel, defines: defines, arguments, global: grid.global, local: grid.local,
            limit: limit)
    }

    /// Launches over a matrix: `kernel(tensors…, rows, channels, share, scalars…)`.
    func launch(
        _ source: KernelSource, _ kernel: String, activation: Activation = .identity,
        _ grid: Grid, defines extra: [KernelDefine] = [], _ tensors: [Tensor], rows: Int,
        _ channels: Int, _ scalars: [KernelArgument] = []
    ) throws {
        guard rows > 0, channels > 0 else { return }
        let isWhole = channels.isMultiple(of: grid.vector)
        let defines =
            defines(grid, activation) + [KernelDefine("WHOLE", isWhole ? 1 : 0)] + extra
        let limit = try groupLimit(source, kernel, defines, wanted: grid.local)
        let grid = grid.shrunk(to: limit)
        try launch(
            source, kernel, defines: defines,
            tensors.map(KernelArgument.tensor)
                + [.int(rows), .int(channels), .int(grid.share)] + scalars,
            global: grid.global, local: grid.local, limit: limit)
    }

    /// What the kernels are compiled with: the width of an item and, where it is, tanh.
    func defines(_ grid: Grid, _ activation: Activation = .identity) -> [KernelDefine] {
        let width = KernelDefine("VECTOR", grid.vector)
        return activation == .tanh ? [width, KernelDefine("TANH", 1)] : [width]
    }
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

extension Int {
    func roundedUp(to multiple: Int) -> Int { ceilingDivision(self, multiple) * multiple }

    func clamped(to range: ClosedRange<Int>) -> Int {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }

    /// The largest power of two that is no larger.
    var floorPowerOfTwo: Int { 1 << (Int.bitWidth - 1 - Swift.max(self, 1).leadingZeroBitCount) }

    /// The smallest power of two that is no smaller.
    var ceilingPowerOfTwo: Int { self <= 1 ? 1 : 2 * (self - 1).floorPowerOfTwo }
}
