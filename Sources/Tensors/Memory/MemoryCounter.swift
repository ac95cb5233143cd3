/// Counts the bytes that a backend holds. A counter of its own, because buffers may outlive the
/// backend.
package final class MemoryCounter {
    /// The bytes held now and at most.
    package private(set) var use = MemoryUse()

    /// A counter at 0.
    package init() {}

    /// Counts an allocation of `bytes`.
    package func add(_ bytes: Int) {
        use.current += bytes
        use.peak = max(use.peak, use.current)
        use.allocations += 1
        use.largest = max(use.largest, bytes)
    }

    /// Counts the release of an allocation of `bytes`.
    package func remove(_ bytes: Int) { use.current -= bytes }
}
