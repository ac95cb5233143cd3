import Dispatch
import FileFormats
import Foundation
import Images
import Synchronization

/// What is done about images that cannot be decoded.
public enum BadImagePolicy: String, Sendable, CaseIterable {
    /// The run ends, once all of them have been listed.
    case error
    /// They are left out, as if they had never been there.
    case skip
}

/// An image of a data set that cannot be decoded, or not be prepared.
public struct BadImage: Sendable, Equatable {
    /// Whether it is to be trained on.
    public let isTraining: Bool
    /// Its place in the split.
    public let index: Int
    /// Its file.
    public let path: String
    /// Why it cannot be decoded or prepared.
    public let reason: String
}

/// All bad images of a data set.
public struct BadImagesError: CategorizedError {
    /// All of them, training images first.
    public let images: [BadImage]
    /// The data is malformed.
    public var category: ErrorCategory { .malformedData }

    /// An error of these images.
    public init(_ images: [BadImage]) { self.images = images }

    public var description: String {
        let shown = images.prefix(3).map { "\($0.path.legible): \($0.reason)" }
        let more = images.count - shown.count
        let count = images.count == 1 ? "1 image" : "\(images.count) images"
        return """
            \(count) cannot be read: \(shown.joined(separator: "; "))\
            \(more > 0 ? "; and \(more) more" : "").
            Get them again, or leave them out.
            """
    }
}

extension ImageDataset {
    /// Decodes and prepares every image once, on all processors, and answers with those where that
    /// fails, in order. Images in memory were checked when they were read.
    ///
    /// - Parameters:
    ///   - toTraining: whether the training images are looked at too.
    ///   - progress: called now and then, on any thread, with the images done so far and their whole
    ///     number.
    public func findBadImages(
        toTraining: Bool = true, threads: Int = ProcessInfo.processInfo.activeProcessorCount,
        progress: @Sendable (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) -> [BadImage] {
        let splits = [(train, true), (test, false)].filter {
            if case .files = $0.0.images { toTraining || !$0.1 } else { false }
        }
        let total = splits.map(\.0.count).reduce(0, +)
        let state = Mutex((done: 0, found: [BadImage]()))
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            var sample = [Float](repeating: 0, count: shape.count)
            for (split, isTraining) in splits {
                guard case .files(let paths) = split.images else { continue }
                let preparer = SamplePreparer(
                    split, shape: shape, transform: testing, normalization: normalization,
                    appliesOrientation: appliesOrientation)
                for index in stride(from: thread, to: split.count, by: threads) {
                    let reason = sample.withUnsafeMutableBufferPointer { sample -> String? in
                        guard let base = sample.baseAddress else { return nil }
                        do { try preparer.prepare(index, nil, into: base) } catch {
                            return failureReason(error)
                        }
                        return nil
                    }
                    let done = state.withLock { state in
                        state.done += 1
                        if let reason {
                            state.found.append(
                                BadImage(
                                    isTraining: isTraining, index: index, path: paths[index],
                                    reason: reason))
                        }
                        return state.done
                    }
                    if done % 100 == 0 || done == total { progress(done, total) }
                }
            }
        }
        return state.withLock(\.found).sorted {
            ($0.isTraining ? 0 : 1, $0.index) < ($1.isTraining ? 0 : 1, $1.index)
        }
    }

    /// What to tell when a loader threw: where it met a bad image, all bad images there are.
    public func explaining(_ error: any Error) -> any Error {
        guard error is ImageError else { return error }
        let images = findBadImages()
        return images.isEmpty ? error : BadImagesError(images)
    }

    /// The data set without these images.
    public func leavingOut(_ images: [BadImage]) -> ImageDataset {
        func split(_ split: ImageSplit, isTraining: Bool) -> ImageSplit {
            let bad = Set(images.filter { $0.isTraining == isTraining }.map(\.index))
            guard case .files(let paths) = split.images, !bad.isEmpty else { return split }
            let kept = split.labels.indices.filter { !bad.contains($0) }
            return ImageSplit(
                files: kept.map { paths[$0] }, labels: kept.map { split.labels[$0] })
        }
        var dataset = self
        dataset.train = split(train, isTraining: true)
        dataset.test = split(test, isTraining: false)
        return dataset
    }

    /// The data set as the policy wants it, and the images that were left out; nil if none were to
    /// be. Throws ``BadImagesError`` if none are left of a split.
    ///
    /// - Parameters:
    ///   - toTraining: whether the training images will be read.
    ///   - progress: as of ``findBadImages(toTraining:threads:progress:)``.
    public func applying(
        _ policy: BadImagePolicy, toTraining: Bool = true,
        progress: @Sendable (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws(BadImagesError) -> (ImageDataset, skipped: [BadImage]?) {
        guard policy == .skip else { return (self, nil) }
        let skipped = findBadImages(toTraining: toTraining, progress: progress)
        let dataset = leavingOut(skipped)
        guard dataset.train.count > 0, dataset.test.count > 0 else {
            throw BadImagesError(skipped)
        }
        return (dataset, skipped)
    }
}

private func failureReason(_ error: any Error) -> String {
    switch error {
    case let error as ImageError: error.reason
    case let error as FileError: error.reason
    default: "\(error)"
    }
}
