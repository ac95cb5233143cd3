import Tensors

/// `0..<total` divided into about equal parts, at most one for each thread.
struct WorkPartition {
    let total, count: Int
    private let grain: Int

    /// Below this many operations a part is not worth waking a thread for.
    private static let minWork = 16_384

    init(of total: Int, grain: Int, work: Int, threads: Int) {
        self.total = total
        self.grain = grain
        let grains = ceilingDivision(total, grain)
        let worthwhile = total.multipliedReportingOverflow(by: work)
        let maxParts = worthwhile.overflow ? threads : worthwhile.partialValue / Self.minWork
        count = max(1, min(threads, grains, maxParts))
    }

    subscript(part: Int) -> Range<Int> {
        let grains = ceilingDivision(total, grain)
        let start = part * grains / count * grain
        let end = (part + 1) * grains / count * grain
        return min(start, total)..<min(end, total)
    }
}
