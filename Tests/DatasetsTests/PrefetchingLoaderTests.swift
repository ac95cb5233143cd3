import Datasets
import Foundation
import Testing

@Suite struct PrefetchingLoaderTests {
    private var loader: BatchLoader {
        BatchLoader(
            numberedSplit(203), shape: numberedShape, normalization: twoChannels,
            transform: ImageTransform([
                .randomCrop(height: 3, width: 5, padding: 1), .randomFlip,
            ]),
            seed: 5,
            batchSize: 16)
    }

    @Test(arguments: [1, 2, 4], [1, 3, 8])
    func givesTheSameBytes(threads: Int, batches: Int) throws {
        var plain = loader
        let ahead = try PrefetchingLoader(
            loader, epochs: 1..<4, firstBatch: 5, threads: threads, bytes: batches * 16 * 31 * 4)
        for epoch in 1..<4 {
            for index in (epoch == 1 ? 5 : 0)..<plain.batchCount {
                let expected = try Batch(&plain, epoch: epoch, batch: index)
                let same = try ahead.withNextBatch { batch in
                    batch.epoch == epoch && batch.index == index
                        && batch.images.elementsEqual(expected.images)
                        && batch.labels.elementsEqual(expected.labels)
                }
                #expect(same == true, "epoch \(epoch), batch \(index)")
            }
        }
        #expect(try ahead.withNextBatch { _ in 0 } == nil)
        #expect(try ahead.withNextBatch { _ in 0 } == nil)
    }

    @Test func aLentBatchIsLeftAlone() throws {
        let ahead = try PrefetchingLoader(loader, epochs: 0..<1, bytes: 0)
        let unchanged = try ahead.withNextBatch { batch in
            let before = Array(batch.images)
            Thread.sleep(forTimeInterval: 0.05)  // time enough to prepare all the others
            return before.elementsEqual(batch.images)
        }
        #expect(unchanged == true)
    }

    @Test func anErrorOfTheConsumerLosesOnlyItsBatch() throws {
        struct Refused: Error {}
        let ahead = try PrefetchingLoader(loader, epochs: 0..<1)
        #expect(throws: Refused.self) { try ahead.withNextBatch { _ in throw Refused() } }
        #expect(try ahead.withNextBatch { $0.index } == 1)
    }

    @Test func stopsAtOnceWithBatchesLeft() throws {
        for taken in 0..<20 {
            let ahead = try PrefetchingLoader(loader, epochs: 0..<1_000_000)
            for _ in 0..<taken { _ = try ahead.withNextBatch { $0.count } }
            ahead.stop()
            ahead.stop()
            #expect(try ahead.withNextBatch { $0.count } == nil)
        }
    }

    @Test func aForgottenLoaderEndsItsThread() throws {
        func threads() -> Int {
            (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count) ?? 0
        }
        let before = threads()
        for _ in 0..<50 { _ = try PrefetchingLoader(loader, epochs: 0..<1_000_000) }
        Thread.sleep(forTimeInterval: 0.05)
        // Tests run beside each other: a few threads of theirs may have started since.
        #expect(threads() < before + 25)
    }

    @Test func moreThreadsThanMakeSenseAreRefused() {
        #expect(throws: LoaderError.self) {
            try PrefetchingLoader(loader, epochs: 0..<1, threads: 40_000)
        }
    }

    /// A thread that the system does not start is an error; waiting for it would never end.
    @Test func aThreadThatCannotBeStartedIsAnError() async {
        await #expect(processExitsWith: .success) {
            let most = PrefetchingLoader.mostThreads
            // Stacks of 60 threads need 480 MB: half of them find room.
            var limit = rlimit()
            let status = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
            let pages = status.split(separator: " ").first.flatMap { UInt64($0) } ?? 0
            limit.rlim_cur = rlim_t(pages * 4096 + 200 << 20)
            limit.rlim_max = limit.rlim_cur
            #expect(setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0)
            let tests = PrefetchingLoaderTests()
            let error = #expect(throws: LoaderError.self) {
                try PrefetchingLoader(tests.loader, epochs: 0..<1_000_000, threads: most)
            }
            #expect(error?.reason.contains("cannot start") == true)
        }
    }

    @Test func aBatchThatNoMachineHoldsIsAnError() {
        let huge = BatchLoader(
            numberedSplit(203), shape: SampleShape(height: 1 << 20, width: 1 << 20, channels: 1),
            normalization: Normalization(mean: [0], standardDeviation: [1]), batchSize: .max)
        #expect(huge.batchCount == 1)
        #expect(throws: LoaderError.self) { try PrefetchingLoader(huge, epochs: 0..<1) }
    }

    @Test func measuresTheWaitForBatches() throws {
        let slow = BatchLoader(
            ImageSplit(
                height: 500, width: 500, channels: 3,
                pixels: [UInt8](repeating: 1, count: 40 * 750_000),
                labels: [Int32](repeating: 0, count: 40)),
            shape: SampleShape(height: 500, width: 500, channels: 3),
            normalization: Normalization(mean: [0, 0, 0], standardDeviation: [1, 1, 1]),
            transform: ImageTransform([.randomCrop(height: 500, width: 500, padding: 1)]), seed: 1,
            batchSize: 20)
        let hungry = try PrefetchingLoader(slow, epochs: 0..<2)
        while try hungry.withNextBatch({ _ in }) != nil {}
        #expect(hungry.waited > .zero)
        let patient = try PrefetchingLoader(loader, epochs: 0..<1)
        Thread.sleep(forTimeInterval: 0.2)
        while try patient.withNextBatch({ _ in }) != nil {}
        #expect(patient.waited < hungry.waited)
    }
}
