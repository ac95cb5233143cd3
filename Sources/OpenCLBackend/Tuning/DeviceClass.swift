/// The defaults for devices of one kind, on which nothing was searched yet. The tiles of processors
/// follow from the width of their registers, see `RegisterTile`.
enum DeviceClass {
    /// Hundreds of registers for each work-item.
    case large
    /// Arm, Qualcomm, Imagination: sums beyond some sixty registers spill.
    case mobile

    /// Tiles of the local-memory kernels, the largest first.
    var localTiles: [LocalTile] {
        switch self {
        case .large: LocalTile.all
        case .mobile: LocalTile.all.filter { $0.item <= 4 }
        }
    }
}
