/// Counts a backend's memory. Buffers may outlive the backend, hence apart from it.
package final class MemoryLedger {
    package private(set) var use = MemoryUse()

    package init() {}

    package func add(_ bytes: Int) {
        use.current += bytes
        use.peak = max(use.peak, use.current)
        use.allocations += 1
        use.largest = max(use.largest, bytes)
    }

    package func remove(_ bytes: Int) { use.current -= bytes }
}
