import Foundation

/// One prepared batch, lent for the length of a call.
public struct PreparedBatch {
    public let epoch: Int
    /// Place of the batch in its epoch.
    public let index: Int
    public let count: Int
    /// `[count, height, width, channels]`.
    public let images: UnsafeBufferPointer<Float>
    /// `[count]`.
    public let labels: UnsafeBufferPointer<Int32>
}

/// Prepares the next few batches on a thread of its own while the last one is being used.
///
/// The bytes are those of ``BatchLoader/fill(epoch:batch:images:labels:)``. One consumer at a time.
public final class PrefetchingLoader: Sendable {
    private let ring: BatchRing

    /// Prepares all batches of `epochs` in order, from batch `firstBatch` of the first epoch on,
    /// never more than `depth` ahead of the consumer.
    public init(_ loader: BatchLoader, epochs: Range<Int>, firstBatch: Int = 0, depth: Int = 3) {
        precondition(depth > 0, "a depth of \(depth)")
        precondition((0...loader.batchCount).contains(firstBatch), "first batch \(firstBatch)")
        let ring = BatchRing(loader: loader, depth: depth)
        self.ring = ring
        let thread = Thread { ring.produce(loader, epochs: epochs, firstBatch: firstBatch) }
        thread.name = "lls batches"
        thread.start()
    }

    deinit { stop() }

    /// Lends the next batch to `body`; nil when there are none left or the loader was stopped.
    public func withNextBatch<Result>(
        _ body: (PreparedBatch) throws -> Result
    ) rethrows -> Result? {
        guard let batch = ring.take() else { return nil }
        defer { ring.giveBack() }
        return try body(batch)
    }

    /// Ends the thread and waits until it is gone; batches not yet taken are dropped.
    public func stop() { ring.stop() }

    /// How long the consumer has waited for batches so far.
    public var waited: Duration { ring.waited }
}

/// A ring of buffers between the thread that prepares batches and the one that uses them.
///
/// `@unchecked Sendable`: the counters are touched only under `condition`, and a buffer belongs to
/// the producer until `ready` passes it, then to the consumer until `released` does.
private final class BatchRing: @unchecked Sendable {
    private struct Slot {
        var epoch = 0
        var index = 0
        var count = 0
        let images: UnsafeMutableBufferPointer<Float>
        let labels: UnsafeMutableBufferPointer<Int32>
    }

    private let condition = NSCondition()
    private var slots: [Slot]
    private let imageSize: Int
    /// Batches prepared, taken and given back since the start.
    private var (ready, taken, released) = (0, 0, 0)
    private var (isStopping, isFinished) = (false, false)
    private var waitedSoFar = Duration.zero

    init(loader: BatchLoader, depth: Int) {
        imageSize = loader.split.imageSize
        let size = loader.batchSize
        slots = (0..<depth).map { [imageSize] _ in
            Slot(images: .allocate(capacity: size * imageSize), labels: .allocate(capacity: size))
        }
        for slot in slots {
            slot.images.initialize(repeating: 0)
            slot.labels.initialize(repeating: 0)
        }
    }

    deinit {
        for slot in slots {
            slot.images.deallocate()
            slot.labels.deallocate()
        }
    }

    func produce(_ loader: BatchLoader, epochs: Range<Int>, firstBatch: Int) {
        var loader = loader
        for epoch in epochs {
            let first = epoch == epochs.lowerBound ? firstBatch : 0
            for index in first..<loader.batchCount {
                guard let slot = freeSlot() else { return finish() }
                let count = loader.fill(
                    epoch: epoch, batch: index, images: slot.images, labels: slot.labels)
                publish(epoch: epoch, index: index, count: count)
            }
        }
        finish()
    }

    /// Waits for a buffer that nobody uses; nil when the loader is being stopped.
    private func freeSlot() -> Slot? {
        condition.withLock {
            while !isStopping && ready - released == slots.count { condition.wait() }
            return isStopping ? nil : slots[ready % slots.count]
        }
    }

    private func publish(epoch: Int, index: Int, count: Int) {
        condition.withLock {
            let place = ready % slots.count
            slots[place].epoch = epoch
            slots[place].index = index
            slots[place].count = count
            ready += 1
            condition.broadcast()
        }
    }

    private func finish() {
        condition.withLock {
            isFinished = true
            condition.broadcast()
        }
    }

    func take() -> PreparedBatch? {
        condition.withLock {
            precondition(taken == released, "a second batch was asked for inside the first")
            if ready == taken {
                let start = ContinuousClock.now
                while ready == taken && !isFinished { condition.wait() }
                waitedSoFar += ContinuousClock.now - start
            }
            guard ready > taken, !isStopping else { return nil }
            let slot = slots[taken % slots.count]
            taken += 1
            return PreparedBatch(
                epoch: slot.epoch, index: slot.index, count: slot.count,
                images: UnsafeBufferPointer(rebasing: slot.images[..<(slot.count * imageSize)]),
                labels: UnsafeBufferPointer(rebasing: slot.labels[..<slot.count]))
        }
    }

    func giveBack() {
        condition.withLock {
            released += 1
            condition.broadcast()
        }
    }

    func stop() {
        condition.withLock {
            isStopping = true
            condition.broadcast()
            while !isFinished { condition.wait() }
        }
    }

    var waited: Duration { condition.withLock { waitedSoFar } }
}
