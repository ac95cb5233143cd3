/// How a kernel's work is divided among work-items and work-groups, OpenCL's NDRange.
/// `Kernels/common.cl` says how kernels use it.
struct LaunchShape {
    /// Neighbouring elements that an item takes at a time: the kernels' `VECTOR`.
    let vectorWidth: Int
    /// Rows of an item; for a map, elements of its run.
    let rowsPerItem: Int
    /// Groups along the last axis.
    let workGroups: Int
    /// Items of the whole launch and of one group, along each axis.
    let global, local: [Int]
    var sharing = Sharing.none

    /// How the items of a group depend on each other, which decides how smaller groups do the work.
    enum Sharing {
        /// Items work alone: there are more groups.
        case none
        /// Items add up their results of ``rowsPerItem`` rows each: they have more rows.
        case rows
        /// Items divide one piece of work among themselves, however many they are.
        case work
    }

    /// Local memory for one number of every item of a group.
    var numbers: KernelArgument { .local(local.reduce(4, *)) }
    /// Local memory for one vector of every item of a group.
    var vectors: KernelArgument { .local(local.reduce(4 * vectorWidth, *)) }

    /// The same work for groups of at most `limit` items. As many groups along the last axis as
    /// before leave partial results, so that their memory stays as it was planned.
    func shrunk(to limit: Int) -> LaunchShape {
        let maxItems = max(limit, 1).floorPowerOfTwo
        guard local.reduce(1, *) > maxItems else { return self }
        var smaller = local
        // All extents are powers of two. The last axis is the one along which a group sums.
        for axis in smaller.indices.reversed() {
            while smaller.reduce(1, *) > maxItems, smaller[axis] > 1 { smaller[axis] /= 2 }
        }
        guard sharing != .none, let last = local.last, let lastSmaller = smaller.last else {
            return LaunchShape(
                vectorWidth: vectorWidth, rowsPerItem: rowsPerItem, workGroups: workGroups,
                global: global, local: smaller)
        }
        return LaunchShape(
            vectorWidth: vectorWidth,
            rowsPerItem: sharing == .rows ? rowsPerItem * (last / lastSmaller) : rowsPerItem,
            workGroups: workGroups, global: global.dropLast() + [workGroups * lastSmaller],
            local: smaller, sharing: sharing)
    }
}
