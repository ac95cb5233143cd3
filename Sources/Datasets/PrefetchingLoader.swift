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

/// Decodes and prepares the next batches on threads of its own while the last one is being used.
///
/// The bytes are those of ``BatchLoader/fill(epoch:batch:images:labels:)``, however many threads
/// there are. One consumer at a time.
public final class PrefetchingLoader: Sendable {
    private let ring: BatchRing

    /// Prepares all batches of `epochs` in order, from batch `firstBatch` of the first epoch on.
    ///
    /// - Parameters:
    ///   - threads: by default one for images in memory, and one a processor for files.
    ///   - bytes: that the prepared batches may take; there is room for two in any case, the one
    ///     that is used and the one that is made.
    /// - Throws: ``LoaderError`` where the system gives no memory for two batches, or no thread.
    public init(
        _ loader: BatchLoader, epochs: Range<Int>, firstBatch: Int = 0, threads: Int? = nil,
        bytes: Int = 32 << 20
    ) throws(LoaderError) {
        let threads = threads ?? Self.defaultThreads(for: loader.split)
        precondition(threads > 0, "\(threads) threads")
        precondition((0...loader.batchCount).contains(firstBatch), "first batch \(firstBatch)")
        guard threads <= Self.mostThreads else {
            throw LoaderError(
                "\(threads) threads to prepare batches are more than the \(Self.mostThreads) that "
                    + "make sense here", advice: "ask for fewer")
        }
        ring = try BatchRing(
            loader, BatchCursor(epochs, firstBatch: firstBatch, batches: loader.batchCount),
            bytes: bytes, threads: threads)
        for started in 0..<threads {
            let code = startThread(working: ring)
            guard code == 0 else {
                ring.stop(started: started)
                throw LoaderError(
                    "cannot start \(threads) threads to prepare batches: "
                        + String(cString: strerror(code)),
                    advice: "ask for fewer, or raise ulimit -u")
            }
        }
    }

    /// Threads beyond this only get into each other's way.
    public static var mostThreads: Int {
        max(64, 16 * ProcessInfo.processInfo.activeProcessorCount)
    }

    deinit { stop() }

    /// As many as ``init(_:epochs:firstBatch:threads:bytes:)`` takes by itself.
    public static func defaultThreads(for split: ImageSplit) -> Int {
        if case .pixels = split.images { return 1 }
        return ProcessInfo.processInfo.activeProcessorCount
    }

    /// Lends the next batch to `body`; nil when there are none left or the loader was stopped.
    ///
    /// Throws `ImageError` or `FileError` once an image could not be prepared; then there are no
    /// more batches.
    public func withNextBatch<Result>(
        _ body: (PreparedBatch) throws -> Result
    ) throws -> Result? {
        guard let batch = try ring.take() else { return nil }
        defer { ring.giveBack() }
        return try body(batch)
    }

    /// Ends the threads and waits until they are gone; batches not yet taken are dropped.
    public func stop() { ring.stop() }

    /// How long the consumer has waited for batches so far.
    public var waited: Duration { ring.waited }
}

/// Memory or threads for batches that the system does not give.
public struct LoaderError: Error, Sendable, CustomStringConvertible {
    public let reason: String
    /// What to do about it.
    public let advice: String

    init(_ reason: String, advice: String) {
        self.reason = reason
        self.advice = advice
    }

    public var description: String { "\(reason)\n\(advice)" }
}

/// Starts a thread that works for `ring`; 0, or the system's error code. Foundation's threads do not
/// tell when they could not be started.
private func startThread(working ring: BatchRing) -> Int32 {
    var thread = pthread_t()
    let argument = Unmanaged.passRetained(ring)
    let code = pthread_create(
        &thread, nil,
        { argument in
            if let argument {
                let ring = Unmanaged<BatchRing>.fromOpaque(argument).takeRetainedValue()
                Thread.current.name = "lls batches"
                ring.work()
            }
            return nil
        }, argument.toOpaque())
    guard code == 0 else {
        argument.release()
        return code
    }
    pthread_detach(thread)
    return 0
}

/// The batches of several epochs, one after the other.
private struct BatchCursor {
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
private final class BatchRing: @unchecked Sendable {
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
                    "the system gives no memory for two batches of \(samples) samples with "
                        + "\(sampleSize) numbers each", advice: "use a smaller batch")
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
