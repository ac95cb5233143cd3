import Datasets
import Tensors

/// Batches of a data set's split, prepared ahead of the device on threads of their own.
public final class LoaderSource: BatchSource {
    /// What prepares the samples.
    public let loader: BatchLoader
    private let threads: Int?
    private var waited = 0.0

    /// - Parameter threads: that decode and prepare; by default as many as
    ///   `PrefetchingLoader` takes.
    public init(_ loader: BatchLoader, threads: Int? = nil) {
        self.loader = loader
        self.threads = threads
    }

    public var sampleShape: Shape {
        [loader.shape.height, loader.shape.width, loader.shape.channels]
    }
    /// Samples of an epoch.
    public var sampleCount: Int { loader.sampleCount }
    public var batchSize: Int { loader.batchSize }
    public var secondsWaited: Double { waited }

    public func forEachBatch(
        epoch: Int, from first: Int,
        _ body: (_ images: UnsafeBufferPointer<Float>, _ labels: UnsafeBufferPointer<Int32>) throws
            -> Bool
    ) throws {
        let ahead = try PrefetchingLoader(
            loader, epochs: epoch..<(epoch + 1), firstBatch: first, threads: threads)
        defer {
            ahead.stop()
            waited += ahead.waited / .seconds(1)
        }
        while try ahead.withNextBatch({ try body($0.images, $0.labels) }) == true {}
    }
}
