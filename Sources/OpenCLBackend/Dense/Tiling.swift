import Tensors

/// No axis of a launch is longer: some drivers take a slow path, or fail, beyond 65535.
let maxAxis = 32768

/// The tile that one work-item of the register engine holds: `height` rows of `vectors` · 16 columns.
struct RegisterTile: Hashable, Codable {
    let height, vectors: Int

    var columns: Int { 16 * vectors }

    /// Floating-point operations that make a group worth its launch: about 100 µs of one core.
    private static let operationsPerGroup = 10_000_000

    /// The tile for `columns` columns whose height may be chosen freely: the widest one that
    /// computes little beyond the last column. A tall tile suits factors read along the columns.
    static func forProduct(rows: Int, columns: Int, _ traits: DeviceTraits) -> RegisterTile {
        guard traits.hasWideRegisters else {
            return RegisterTile(height: min(narrowHeight, rows), vectors: 1)
        }
        let vectors = widestVectors(columns)
        return RegisterTile(height: min([14, 8, 8, 6][vectors - 1], rows), vectors: vectors)
    }

    /// The tile for a sum of outer products, whose height should divide `rows`.
    static func forOuterProducts(rows: Int, columns: Int, _ traits: DeviceTraits) -> RegisterTile {
        let heights = traits.hasWideRegisters ? [12, 10, 8] : [narrowHeight, 5, 4]
        let vectors = traits.hasWideRegisters ? min(widestVectors(columns), 2) : 1
        guard rows > heights[0] else { return RegisterTile(height: rows, vectors: vectors) }
        // Rows computed twice cost, and so do low tiles, which read more for each result.
        let cost = { (height: Int) in
            Double(ceilingDivision(rows, height) * height) * (1 + 1 / Double(height))
        }
        let height = heights.min { cost($0) < cost($1) } ?? heights[2]
        return RegisterTile(height: height, vectors: vectors)
    }

    /// The constants of the register engine's dense kernels: the tile's vectors and `others`.
    func defines(_ others: KernelDefine...) -> [KernelDefine] {
        [KernelDefine("VECTOR", 16), KernelDefine("VECTORS", vectors)] + others
    }

    /// This tile, or one as high as `rows`.
    func noHigher(than rows: Int) -> RegisterTile {
        RegisterTile(height: min(height, rows), vectors: vectors)
    }

    /// Sixteen registers of 8 floats hold 6 rows of 16, two of the other factor and a broadcast.
    private static let narrowHeight = 6

    private static func widestVectors(_ columns: Int) -> Int {
        let cost = { (vectors: Int) in
            Double(ceilingDivision(columns, 16 * vectors) * vectors) * (1 + 0.1 / Double(vectors))
        }
        return [4, 2, 1].min { cost($0) < cost($1) } ?? 1
    }

    /// How many tiles one group should own, of `count` tiles in each of `lanes` panels: enough for
    /// a launch to be worth while, few enough for every compute unit to have several groups.
    func tilesPerGroup(_ count: Int, lanes: Int, depth: Int, computeUnits: Int) -> Int {
        let worthwhile = ceilingDivision(
            Self.operationsPerGroup, max(2 * height * columns * depth, 1))
        let balanced = max(count * lanes / (4 * computeUnits), 1)
        return max(min(worthwhile, balanced), ceilingDivision(count, maxAxis))
    }
}

/// The tiles of a product that one work-item of the register engine computes: `bands` rows of tiles
/// of `panels` panels. It reads a slab of its panels for every band and so wants few enough of them
/// to fit a core's cache, and it reads its rows once for all panels.
struct MacroTile {
    let panels, bands: Int
    /// The launch that covers all tiles of all products.
    let global: [Int]

    /// The fastest choice, by measurement: panels whose slabs fill half of a core's cache, then as
    /// many bands as leave every compute unit four nearly equal shares. Each share packs its panels
    /// anew, so there should not be more of them.
    init(bands: Int, panels: Int, products: Int, computeUnits: Int) {
        let shares = { (width: Int) in ceilingDivision(panels, width) * products }
        let width = [4, 2].first { shares($0) * bands >= 32 * computeUnits } ?? 1
        let height = max(bands * shares(width) / (4 * computeUnits), 1)
        self.panels = min(width, panels)
        self.bands = ceilingDivision(bands, (bands / height).clamped(to: 1...maxAxis))
        global = [shares(width), ceilingDivision(bands, self.bands), products]
    }
}

/// How a sum over a long depth is cut: into splits with partial sums of their own, added later in
/// a fixed order, and into chunks that stay in a core's cache.
struct DepthSplit {
    let splits, depthPerSplit, depthPerChunk: Int
    /// The groups that share the tiles of one split.
    let tileGroups: Int

    /// - Parameters:
    ///   - depth: terms of the sum, in rows of `rowLength` (an image row has as many as pixels).
    ///   - rows, columns: of the sum.
    init(
        depth: Int, rowLength: Int = 1, rows: Int, columns: Int, tiles: Int, computeUnits: Int
    ) {
        // Partial sums cost memory: never more than 64 MB of them.
        let affordable = max(16_777_216 / (rows * columns), 1)
        // With enough results for all compute units no sum is divided. The tiles are not counted,
        // because another tile must not change a byte.
        let wanted =
            rows * columns >= 4 * computeUnits * 96
            ? 1 : min(2 * computeUnits, max(depth * rowLength / 512, 1), affordable, depth)
        depthPerSplit = ceilingDivision(depth, wanted)
        splits = ceilingDivision(depth, depthPerSplit)
        tileGroups = min(tiles, ceilingDivision(4 * computeUnits, splits))
        let cached = min(max(131_072 / (rows + columns), 128), 512)
        depthPerChunk = max(cached / rowLength, 1)
    }
}

/// The block that a group of the local-memory engine computes: `threads`² work-items of
/// `item`² elements each.
struct LocalTile: Hashable, Codable {
    let threads, item: Int

    /// Every tile that has kernels, the largest first.
    static let all = [(16, 8), (16, 4), (8, 4), (4, 4)].map {
        LocalTile(threads: $0.0, item: $0.1)
    }

    var extent: Int { threads * item }
    /// Rows of a slab in local memory: one quad of each factor for every work-item.
    var depth: Int { 4 * threads / item }

    /// The largest tile that the device can hold and that still gives every compute unit two.
    init(rows: Int, columns: Int, mayOccupy splits: Int, traits: DeviceTraits) {
        let possible = traits.deviceClass.localTiles.filter { $0.fits(traits) }
        let busy = possible.first {
            $0.extent < 2 * min(rows, columns)
                && $0.tiles(rows, columns) * splits >= 2 * traits.computeUnits
        }
        self = busy ?? possible.last { $0.threads >= 8 } ?? Self.smallest
    }

    /// The tile that a device must have room for.
    static var smallest: LocalTile { LocalTile(threads: 4, item: 4) }

    /// Whether the device can hold a group of it.
    func fits(_ traits: DeviceTraits) -> Bool {
        threads * threads <= traits.maxWorkGroupSize
            && 8 * depth * (extent + 4) <= traits.localMemoryBytes
    }

    private init(threads: Int, item: Int) {
        self.threads = threads
        self.item = item
    }

    func tiles(_ rows: Int, _ columns: Int) -> Int {
        ceilingDivision(rows, extent) * ceilingDivision(columns, extent)
    }

    func defines(isAligned: Bool) -> [KernelDefine] {
        [
            KernelDefine("THREADS", threads), KernelDefine("ITEM", item),
            KernelDefine("ALIGNED", isAligned ? 1 : 0),
        ]
    }

    /// The launch that covers all tiles: folded over two axes, with the splits on the third.
    func global(_ rows: Int, _ columns: Int, splits: Int = 1) -> [Int] {
        let tiles = tiles(rows, columns)
        let across = min(tiles, maxAxis / threads)
        return [across * threads, ceilingDivision(tiles, across) * threads, splits]
    }

    var local: [Int] { [threads, threads, 1] }

    /// Whether its groups have fewer work-items, or as many that hold less.
    func isSmaller(than other: LocalTile) -> Bool {
        (threads, item) < (other.threads, other.item)
    }
}

extension DeviceTraits {
    /// Thirty-two registers of 16 floats, as AVX-512 has.
    fileprivate var hasWideRegisters: Bool { floatLanes >= 16 }
}
