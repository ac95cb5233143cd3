import FileFormats
import Foundation
import Runs
import TestSupport
import Testing
import Tracking

/// Event files, byte by byte; `Scripts/check_tracking` reads them with TensorBoard.
struct EventTests {
    /// RFC 3720, appendix B.4, and the usual one.
    @Test func sumsAreCastagnolis() {
        #expect(crc32c("123456789".utf8) == 0xE306_9283)
        #expect(crc32c([]) == 0)
        #expect(crc32c([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(crc32c([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(crc32c(0..<32) == 0x46DD_794E)
    }

    /// As TensorBoard's own writer writes them.
    @Test(arguments: [
        (
            TensorBoardEvent.version(1.5),
            "1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c"
        ),
        (
            .scalar(Scalar(name: "train/loss", value: 0.25), 2.5, step: 300),
            "2100000000000000017becf609000000000000044010ac022a130a110a0a747261696e2f6c6f7373150000"
                + "803e3cc9cac5"
        ),
        (
            .restart(3.5, step: 7),
            "0f000000000000006d532b09090000000000000c4010073a0208018c2b37c8"
        ),
        (
            .text("t", "x", 4.5, step: 1),
            "290000000000000037ff5f0009000000000000124010012a1c0a1a0a0174420b0807120412020801420178"
                + "4a080a060a04746578742e538306"
        ),
    ])
    func recordsAreThoseOfTensorBoard(event: TensorBoardEvent, hex: String) {
        let text = event.record.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(text == hex)
    }

    // MARK: - Files of a run

    private let root: TemporaryFolder
    private let folder: RunFolder

    init() throws {
        root = try TemporaryFolder()
        folder = try RunFolder.create(
            name: "name", in: root.path, configuration: RunConfiguration(), arguments: [])
    }

    private func record(_ step: Int, _ loss: Double = 0.5) -> MetricsRecord {
        MetricsRecord(epoch: step, step: step, split: .train, loss: loss, seconds: Double(step))
    }

    private func events(_ name: String) throws -> [UInt8] {
        try readFile(folder.eventFolder + "/" + name)
    }

    /// The next file's name comes after the others', whatever the clock says.
    @Test func aRunThatGoesOnBeginsAnotherFile() throws {
        let ledger = try TrackingLedger(folder)
        let metrics = try MetricsLog(folder)
        let first = try TensorBoardLog(folder, RunConfiguration(), ledger, resumedFrom: nil)
        for step in 1...3 {
            try metrics.append(record(step))
            try first.note(record(step))
        }
        _ = try MetricsLog(folder, keepingThroughEpoch: 2)
        let second = try TensorBoardLog(folder, RunConfiguration(), ledger, resumedFrom: 2)
        try second.write()
        let names = try FileSystem.list(folder.eventFolder)
        #expect(names.count == 2)
        // Version, restart, configuration, and the one record of step 2 that is kept.
        let bytes = try events(names[1])
        let restart = TensorBoardEvent.restart(0, step: 2).record
        #expect(bytes.firstRange(of: restart[21..<(restart.count - 4)]) != nil)
        let tag = Array("train/loss".utf8)
        #expect(bytes.ranges(of: tag).count == 1)
        #expect(try events(names[0]).ranges(of: tag).count == 3)
    }

    /// What a full disk keeps out is written with what comes next.
    @Test func whatCouldNotBeWrittenIsWrittenLater() throws {
        let ledger = try TrackingLedger(folder)
        _ = try root.put([], as: "name/001/tensorboard")
        let log = try TensorBoardLog(folder, RunConfiguration(), ledger, resumedFrom: nil)
        #expect(throws: FileError.self) { try log.note(record(1)) }
        try FileManager.default.removeItem(atPath: folder.eventFolder)
        try log.note(record(2))
        let name = try #require(try FileSystem.list(folder.eventFolder).first)
        #expect(try events(name).ranges(of: Array("train/loss".utf8)).count == 2)
    }

    @Test func recordsBecomeTagsAndMetrics() {
        var record = MetricsRecord(
            epoch: 2, step: 90, split: .train, loss: 1, top1: 50, top5: 90, learningRate: 0.1,
            imagesPerSecond: 100, seconds: 3, peakBytes: 7, blockLosses: ["conv/ü": 2])
        func tags() -> [String] { record.tensorBoardScalars.map(\.name) }
        func metrics() -> [String] { record.mlflowScalars.map(\.name) }
        #expect(
            tags() == [
                "train/loss", "train/top1", "train/top5", "learning_rate", "images_per_second",
                "peak_bytes", "block_loss/conv/ü",
            ])
        #expect(
            metrics() == [
                "loss_train", "acc_train", "acc_train_top5", "learning_rate", "images_per_second",
                "peak_bytes", "block_loss/conv__",
            ])
        #expect(record.mlflowStep == 2)
        record.steps = 10
        #expect(tags().first == "steps/loss" && tags().last == "steps/block_loss/conv/ü")
        #expect(
            metrics().first == "loss_train_step" && metrics().last == "block_loss_step/conv__")
        #expect(record.mlflowStep == 90)
        record = MetricsRecord(epoch: 2, step: 90, split: .test, loss: 1, top1: 50, seconds: 3)
        #expect(tags() == ["test/loss", "test/top1"] && metrics() == ["loss_test", "acc_test"])
    }
}
