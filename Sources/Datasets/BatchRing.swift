import Foundation

/// The batches of several epochs, one after the other.
struct BatchCursor {
    private var epoch: Int
    private var batch: Int
    private let end: Int
    private let batches: Int

    init(_ epochs: Range<Int>, firstBatch: Int, batches: Int) {
        (epoch, batch) = (epochs.lowerBound, firstBatch)
        (end, self.batches) = (epochs.upperBound, batches)
    }

    mutating func next() -> (epoch: Int, batch: Int)? {
        while epoch < end {
            if batch < batches {
                defer { batch += 1 }
                return (epoch, batch)
            }
            (epoch, batch) = (epoch + 1, 0)
        }
        return nil
    }
}

/// A ring of buffers between the threads that prepare batches and the one that uses them.
///
/// `@unchecked Sendable`: everything that changes is touched only under `condition`, except what a
/// buffer holds. That belongs to the threads whose pieces of it are unfinished, to the consumer once
/// none is, and to nobody when it was given back.
final class BatchRing: @unchecked Sendable {
    private struct Slot {
        var epoch = 0
        var index = 0
        var positions = 0..<0
        /// Pieces that are still being prepared, or have not been begun.
        var unfinished = 0
        let images: UnsafeMutableBufferPointer<Float>
        let labels: UnsafeMutableBufferPointer<Int32>
    }

    /// A few samples of a batch: what a thread prepares at a time.
    private struct Piece {
        let slot: Int
        let plan: BatchLoader.EpochPlan
        let positions: Range<Int>
        let images: UnsafeMutableBufferPointer<Float>
        let labels: UnsafeMutableBufferPointer<Int32>
    }

    private let loader: BatchLoader
    private let threads: Int
    private let sampleSize: Int
    /// Samples of a piece: enough to be worth taking a lock for.
    private let pieceSize: Int
    private let condition = NSCondition()
    private var slots: [Slot]
    private var cursor: BatchCursor
    private var plan: BatchLoader.EpochPlan?
    /// Samples of the newest batch that nobody has begun.
    private var left = 0..<0
    /// Batches begun, taken and given back since the start.
    private var (begun, taken, released) = (0, 0, 0)
    private var working: Int
    private var isStopping = false
    private var failure: (any Error)?
    private var waitedSoFar = Duration.zero

    init(
        _ loader: BatchLoader, _ cursor: BatchCursor, bytes: Int, threads: Int
    ) throws(LoaderError) {
        self.loader = loader
        self.cursor = cursor
        working = threads
        self.threads = threads
        sampleSize = loader.shape.count
        pieceSize = min(max(1, (1 << 16) / loader.shape.count), loader.batchSize)
        slots = []
        // No batch has more samples than there are.
        let samples = min(loader.batchSize, loader.sampleCount)
        let (batchBytes, overflow) = (4 * (sampleSize + 1)).multipliedReportingOverflow(by: samples)
        let batches = overflow ? 2 : max(2, bytes / max(batchBytes, 1))
        for _ in 0..<batches {
            guard !overflow, let images = Self.allocate(Float.self, samples * sampleSize) else {
                throw LoaderError(
                    "out of memory: two batches of \(samples) samples with \(sampleSize) numbers "
                        + "each do not fit", advice: "use a smaller batch")
            }
            slots.append(Slot(images: images, labels: .allocate(capacity: samples)))
        }
    }

    /// Nil where the system has not so much; Swift's own allocation would end the program.
    private static func allocate<Element: BitwiseCopyable>(
        _: Element.Type, _ count: Int
    ) -> UnsafeMutableBufferPointer<Element>? {
        let bytes = max(count, 1) * MemoryLayout<Element>.stride
        guard bytes <= Int(clamping: ProcessInfo.processInfo.physicalMemory),
            let memory = malloc(bytes)
        else { return nil }
        return UnsafeMutableBufferPointer(
            start: memory.bindMemory(to: Element.self, capacity: count), count: count)
    }

    deinit {
        for slot in slots {
            free(slot.images.baseAddress)
            slot.labels.deallocate()
        }
    }

    /// Prepares piece after piece, to the end.
    func work() {
        let preparer = loader.makePreparer()
        while let piece = nextPiece() {
            do {
                try loader.fill(
                    piece.positions, of: piece.plan, with: preparer, images: piece.images,
                    labels: piece.labels)
                finish(piece)
            } catch {
                fail(error)
            }
        }
        condition.withLock {
            working -= 1
            condition.broadcast()
        }
    }

    /// Waits for a buffer where one is needed; nil when there is nothing more to do.
    private func nextPiece() -> Piece? {
        condition.withLock {
            while !isStopping, failure == nil {
                if !left.isEmpty { return takePiece() }
                if begun - released < slots.count {
                    guard beginBatch() else { return nil }
                } else {
                    condition.wait()
                }
            }
            return nil
        }
    }

    private func beginBatch() -> Bool {
        guard let (epoch, index) = cursor.next() else { return false }
        if plan?.epoch != epoch { plan = loader.plan(epoch: epoch) }
        let slot = begun % slots.count
        left = loader.positions(of: index)
        slots[slot].epoch = epoch
        slots[slot].index = index
        slots[slot].positions = left
        slots[slot].unfinished = (left.count + pieceSize - 1) / pieceSize
        begun += 1
        return true
    }

    private func takePiece() -> Piece? {
        guard let plan else { return nil }
        let number = (begun - 1) % slots.count
        let slot = slots[number]
        let positions = left.prefix(pieceSize)
        left = left.dropFirst(pieceSize)
        let first = positions.lowerBound - slot.positions.lowerBound
        return Piece(
            slot: number, plan: plan, positions: positions,
            images: UnsafeMutableBufferPointer(
                rebasing: slot.images[(first * sampleSize)...]),
            labels: UnsafeMutableBufferPointer(rebasing: slot.labels[first...]))
    }

    private func finish(_ piece: Piece) {
        condition.withLock {
            slots[piece.slot].unfinished -= 1
            if slots[piece.slot].unfinished == 0 { condition.broadcast() }
        }
    }

    private func fail(_ error: any Error) {
        condition.withLock {
            failure = failure ?? error
            condition.broadcast()
        }
    }

    func take() throws -> PreparedBatch? {
        try condition.withLock {
            precondition(taken == released, "a second batch was asked for inside the first")
            let number = taken % slots.count
            var isReady: Bool { begun > taken && slots[number].unfinished == 0 }
            if !isReady {
                let start = ContinuousClock.now
                while !isReady, !isStopping, failure == nil, working > 0 { condition.wait() }
                waitedSoFar += ContinuousClock.now - start
            }
            if let failure { throw failure }
            guard isReady, !isStopping else { return nil }
            let slot = slots[number]
            taken += 1
            return PreparedBatch(
                epoch: slot.epoch, index: slot.index, count: slot.positions.count,
                images: UnsafeBufferPointer(
                    rebasing: slot.images[..<(slot.positions.count * sampleSize)]),
                labels: UnsafeBufferPointer(rebasing: slot.labels[..<slot.positions.count]))
        }
    }

    func giveBack() {
        condition.withLock {
            released += 1
            condition.broadcast()
        }
    }

    /// As ``stop()``, where only `started` threads could be started.
    func stop(started: Int) {
        condition.withLock { working = working - threads + started }
        stop()
    }

    func stop() {
        condition.withLock {
            isStopping = true
            condition.broadcast()
            while working > 0 { condition.wait() }
        }
    }

    var waited: Duration { condition.withLock { waitedSoFar } }
}
