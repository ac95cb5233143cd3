import Foundation

/// One prepared batch, lent for the length of a call.
public struct PreparedBatch {
    /// The epoch, the first being 0.
    public let epoch: Int
    /// Place of the batch in its epoch.
    public let index: Int
    /// Samples in the batch.
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
                "cannot use \(threads) threads to prepare batches: at most \(Self.mostThreads) make "
                    + "sense on this machine", advice: "use fewer")
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
                    advice: "use fewer, or raise the limit (ulimit -u)")
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
    /// What the system does not give.
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
