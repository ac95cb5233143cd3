import Dispatch
import Foundation
import Synchronization

extension ImageDataset {
    /// Mean and standard deviation of every channel over all training images, prepared as test images
    /// are. The sums are whole numbers, so that no order of the threads changes a digit.
    ///
    /// - Parameter progress: called now and then, on any thread, with the images done so far and their
    ///   whole number.
    /// - Returns: constants of pixels from 0 to 1. The deviation of a channel that never changes is 1.
    /// - Throws: `ImageError` or `FileError` of the first image, in their order, that is not sound.
    public func measureNormalization(
        threads: Int = ProcessInfo.processInfo.activeProcessorCount,
        progress: @Sendable (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> Normalization {
        let channels = shape.channels
        // Multiples of 1/255 come back as the bytes that they were.
        let bytes = Normalization(
            mean: [Float](repeating: 0, count: channels),
            standardDeviation: [Float](repeating: 1, count: channels))
        let state = Mutex(
            (sums: [PixelSum](repeating: PixelSum(), count: channels), failed: Failure?.none))
        let done = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            var sums = [PixelSum](repeating: PixelSum(), count: channels)
            var sample = [Float](repeating: 0, count: shape.count)
            let preparer = SamplePreparer(
                train, shape: shape, transform: testing, normalization: bytes,
                appliesOrientation: appliesOrientation)
            for index in stride(from: thread, to: train.count, by: threads) {
                do {
                    try sample.withUnsafeMutableBufferPointer { sample in
                        guard let base = sample.baseAddress else { return }
                        try preparer.prepare(index, nil, into: base)
                    }
                } catch {
                    state.withLock { state in
                        if state.failed.map({ index < $0.index }) ?? true {
                            state.failed = Failure(index: index, error: error)
                        }
                    }
                    return
                }
                let count = done.add(1, ordering: .relaxed).newValue
                if count % 100 == 0 { progress(count, train.count) }
                for (place, value) in sample.enumerated() {
                    sums[place % channels].add(Int((value * 255).rounded()))
                }
            }
            state.withLock { state in
                for channel in 0..<channels { state.sums[channel].add(sums[channel]) }
            }
        }
        let (sums, failed) = state.withLock { ($0.sums, $0.failed) }
        if let failed { throw failed.error }
        return Normalization(
            mean: sums.map { Float($0.mean / 255) },
            standardDeviation: sums.map { $0.deviation == 0 ? 1 : Float($0.deviation / 255) })
    }

    /// The same data, normalised by other constants; one for each channel.
    public func normalized(by normalization: Normalization) -> ImageDataset {
        precondition(
            normalization.mean.count == shape.channels,
            "\(normalization.mean.count) means for \(shape.channels) channels")
        var dataset = self
        dataset.normalization = normalization
        return dataset
    }
}

private struct Failure {
    let index: Int
    let error: any Error
}

/// Of bytes.
private struct PixelSum {
    private var count = 0
    private var sum = 0
    private var squares = 0

    mutating func add(_ byte: Int) {
        count += 1
        sum += byte
        squares += byte * byte
    }

    mutating func add(_ other: PixelSum) {
        count += other.count
        sum += other.sum
        squares += other.squares
    }

    var mean: Double { count == 0 ? 0 : Double(sum) / Double(count) }
    var deviation: Double {
        count == 0 ? 0 : max(0, Double(squares) / Double(count) - mean * mean).squareRoot()
    }
}
