import Datasets
import Dispatch
import FileFormats
import Images

/// A batch of picture files on their way to the network: decoded and prepared by threads of the
/// system's.
///
/// `@unchecked Sendable`: between ``begin(_:)`` and ``wait()`` it belongs to those threads, each of which
/// has its own preparer and its own pictures; otherwise to the one that calls.
final class PictureStage: @unchecked Sendable {
    private let preparers: [PicturePreparer]
    private let sampleSize: Int
    private let memory: UnsafeMutableBufferPointer<Float>
    private let reasons: UnsafeMutableBufferPointer<ImageError?>
    private let work = DispatchGroup()
    private var count = 0

    /// - Parameters:
    ///   - preparers: one for each thread; no other stage may be between begin and wait with them.
    ///   - capacity: pictures of a batch.
    init(_ preparers: [PicturePreparer], capacity: Int, sampleSize: Int) {
        self.preparers = preparers
        self.sampleSize = sampleSize
        memory = .allocate(capacity: capacity * sampleSize)
        memory.initialize(repeating: 0)
        reasons = .allocate(capacity: capacity)
        reasons.initialize(repeating: nil)
    }

    deinit {
        reasons.deinitialize()
        reasons.deallocate()
        memory.deallocate()
    }

    /// `[count, height, width, channels]`; zeros for a picture that failed.
    var images: UnsafeBufferPointer<Float> {
        UnsafeBufferPointer(rebasing: memory[..<(count * sampleSize)])
    }

    /// Why each picture cannot be used; nil for one that can.
    var failures: [ImageError?] { Array(reasons[..<count]) }

    func begin(_ paths: ArraySlice<String>) {
        let paths = Array(paths)
        count = paths.count
        DispatchQueue.global().async(group: work) { [self] in
            let threads = preparers.count
            DispatchQueue.concurrentPerform(iterations: threads) { thread in
                for place in stride(from: thread, to: paths.count, by: threads) {
                    reasons[place] = prepare(paths[place], at: place, with: preparers[thread])
                }
            }
        }
    }

    func wait() { work.wait() }

    private func prepare(
        _ path: String, at place: Int, with preparer: PicturePreparer
    ) -> ImageError? {
        guard let base = memory.baseAddress else { return nil }
        let output = base + place * sampleSize
        do {
            try preparer.prepare(file: path, into: output)
            return nil
        } catch {
            output.update(repeating: 0, count: sampleSize)
            return ImageError(path: path, reason: reason(of: error))
        }
    }

    private func reason(of error: any Error) -> String {
        switch error {
        case let error as ImageError: error.reason
        case let error as FileError: "cannot \(error.operation): \(error.reason)"
        default: "\(error)"
        }
    }
}
