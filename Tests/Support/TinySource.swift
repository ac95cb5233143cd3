import LocalLearning
import Randomness
import Tensors

/// Four batches of four random images, others in every epoch.
public final class TinySource: BatchSource {
    public let sampleShape: Shape = [8, 8, 1]
    public let sampleCount = 16
    public let batchSize = 4
    public let secondsWaited = 0.0

    public init() {}

    public func forEachBatch(
        epoch: Int, from first: Int,
        _ body: (_ images: UnsafeBufferPointer<Float>, _ labels: UnsafeBufferPointer<Int32>) throws
            -> Bool
    ) throws {
        for batch in first..<4 {
            let images = RandomSource(seed: 7, stream: "images", epoch, batch).uniforms(4 * 64)
            let labels: [Int32] = [0, 1, 2, Int32(batch % 3)]
            let goesOn = try images.withUnsafeBufferPointer { images in
                try labels.withUnsafeBufferPointer { try body(images, $0) }
            }
            if !goesOn { return }
        }
    }
}
