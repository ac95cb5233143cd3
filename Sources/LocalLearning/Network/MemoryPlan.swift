import Tensors

/// Where tensors lie in one shared allocation, from when each is needed.
///
/// Two tensors may share memory when no moment needs both. Placed greedily, largest first, each at
/// the lowest offset that is free for its whole life; for a chain of blocks that is optimal or near.
package struct MemoryPlan {
    private struct Request {
        let byteCount: Int
        var life: ClosedRange<Int>
    }

    private var requests: [Request] = []

    package init() {}

    /// Asks for `byteCount` bytes from the first through the last moment of `life`; answers with the
    /// request's index in the offsets of ``layout(alignment:)``.
    package mutating func reserve(_ byteCount: Int, during life: ClosedRange<Int>) -> Int {
        requests.append(Request(byteCount: byteCount, life: life))
        return requests.count - 1
    }

    /// Lets a request live at `moment` too, and at all moments between.
    package mutating func extend(_ request: Int, to moment: Int) {
        let life = requests[request].life
        requests[request].life =
            min(life.lowerBound, moment)...max(life.upperBound, moment)
    }

    /// Offsets, multiples of `alignment`, and the bytes needed for all: `Int.max` if they are too many
    /// for an `Int`.
    package func layout(alignment: Int) -> (offsets: [Int], total: Int) {
        var offsets = Array(repeating: 0, count: requests.count)
        var placed: [Int] = []
        var total = 0
        let largestFirst = requests.indices.sorted {
            (requests[$1].byteCount, $0) < (requests[$0].byteCount, $1)
        }
        for index in largestFirst {
            let request = requests[index]
            let neighbours =
                placed
                .filter { requests[$0].life.overlaps(request.life) }
                .sorted { offsets[$0] < offsets[$1] }
            var offset = 0
            for neighbour in neighbours
            where offset.saturatingAdding(request.byteCount) > offsets[neighbour] {
                let end = offsets[neighbour].saturatingAdding(requests[neighbour].byteCount)
                offset = max(offset, end.saturatingRoundedUp(to: alignment))
            }
            offsets[index] = offset
            total = max(total, offset.saturatingAdding(request.byteCount))
            placed.append(index)
        }
        return (offsets, total)
    }
}
