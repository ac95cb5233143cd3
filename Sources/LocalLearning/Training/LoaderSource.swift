import Datasets
import Tensors

/// Batches of a data set's split, prepared ahead of the device on a thread of their own.
public final class LoaderSource: BatchSource {
    private let loader: BatchLoader
    private var waited = 0.0

    public init(_ loader: BatchLoader) { self.loader = loader }

    public var sampleShape: Shape {
        [loader.split.height, loader.split.width, loader.split.channels]
    }
    public var sampleCount: Int { loader.sampleCount }
    public var batchSize: Int { loader.batchSize }
    public var secondsWaited: Double { waited }

    public func forEachBatch(
        epoch: Int,
        _ body: (_ images: UnsafeBufferPointer<Float>, _ labels: UnsafeBufferPointer<Int32>) throws
            -> Bool
    ) throws {
        let ahead = PrefetchingLoader(loader, epochs: epoch..<(epoch + 1))
        defer {
            ahead.stop()
            waited += ahead.waited / .seconds(1)
        }
        while try ahead.withNextBatch({ try body($0.images, $0.labels) }) == true {}
    }
}
