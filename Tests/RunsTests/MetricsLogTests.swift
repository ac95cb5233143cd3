import FileFormats
import Foundation
import Runs
import TestSupport
import Testing

@Suite struct MetricsLogTests {
    private let folder: TemporaryFolder
    private let run: RunFolder

    init() throws {
        folder = try TemporaryFolder()
        run = try RunFolder.create(
            name: "name", in: folder.path, configuration: RunConfiguration(), arguments: [])
    }

    private func record(_ step: Int, epoch: Int? = nil, loss: Double = 0.5) -> MetricsRecord {
        MetricsRecord(
            epoch: epoch ?? step, step: step, split: .train, loss: loss, learningRate: 5e-3,
            seconds: Double(step) / 3, blockLosses: ["conv_block1": 1.5, "conv,\"2\"": 2])
    }

    @Test func whatIsAddedIsReadBack() throws {
        let log = try MetricsLog(run)
        let records = [
            record(1), record(2, loss: .infinity), record(3, loss: -.infinity),
            MetricsRecord(
                epoch: 1, step: 3, split: .test, loss: 0.25, top1: 88.94, top5: 99.9,
                imagesPerSecond: 8123, seconds: 9, peakBytes: 1 << 40),
        ]
        for record in records { try log.append(record) }
        #expect(try MetricsLog.records(of: run) == records)
        try log.append(record(4, loss: .nan))
        #expect(try MetricsLog.records(of: run).last?.loss.isNaN == true)
        let lines = try text(run.metricsFile).split(separator: "\n")
        #expect(lines.count == 5)
        #expect(
            lines[3] == #"{"epoch":1,"images_per_second":8123,"loss":0.25,"peak_bytes":"#
                + #"1099511627776,"seconds":9,"split":"test","step":3,"top1":88.94,"top5":99.9}"#)
    }

    @Test func stepsBeforeACheckpointWithinAnEpochStay() throws {
        let log = try MetricsLog(run)
        try log.append(record(469, epoch: 1))
        for step in [519, 569, 619] {
            try log.append(
                MetricsRecord(epoch: 2, step: step, split: .train, steps: 50, loss: 1, seconds: 1))
        }
        _ = try MetricsLog(run, keepingThroughEpoch: 1, step: 570)
        #expect(try MetricsLog.records(of: run).map(\.step) == [469, 519, 569])
    }

    @Test func aResumedRunDropsWhatItWillDoAgain() throws {
        let log = try MetricsLog(run)
        for step in 1...10 { try log.append(record(step)) }
        let resumed = try MetricsLog(run, keepingThroughEpoch: 6)
        try resumed.append(record(7, loss: 0.25))
        let records = try MetricsLog.records(of: run)
        #expect(records.map(\.step) == Array(1...7) && records[6].loss == 0.25)
    }

    /// A power failure may cut the last line anywhere; what came before it stays as it was.
    @Test func aLineCutShortIsDropped() throws {
        let log = try MetricsLog(run)
        try log.append(record(1))
        let first = try readFile(run.metricsFile)
        try log.append(record(2))
        let both = try readFile(run.metricsFile)
        for length in first.count..<both.count {
            try AtomicFile.write(both.prefix(length), to: run.metricsFile)
            try MetricsLog(run).append(record(2))
            #expect(try readFile(run.metricsFile) == both, "cut to \(length)")
        }
    }

    @Test func whatIsNoRecordIsNamed() throws {
        try AtomicFile.write("{\"epoch\":1}\n".utf8, to: run.metricsFile)
        let error = try #require(throws: FileError.self) { _ = try MetricsLog(run) }
        #expect(error.category.exitCode == 65 && error.field == "line 1")
    }

    @Test func keysOfALaterVersionStay() throws {
        let line = #"{"epoch":0,"loss":1,"new":2,"seconds":0,"split":"train","step":1}"# + "\n"
        try AtomicFile.write(line.utf8, to: run.metricsFile)
        _ = try MetricsLog(run, keepingThroughEpoch: 1)
        #expect(try text(run.metricsFile) == line)
    }

    @Test func theTableHasAColumnForEachBlock() throws {
        let log = try MetricsLog(run)
        try log.append(record(12, epoch: 1))
        try log.append(
            MetricsRecord(epoch: 1, step: 12, split: .test, loss: 0.25, top1: 50, seconds: 4))
        // Steps within an epoch are not in it.
        try log.append(
            MetricsRecord(epoch: 2, step: 15, split: .train, steps: 3, loss: 1, seconds: 5))
        for _ in 0..<2 { try log.writeTable() }
        #expect(
            try text(run.metricsTable) == """
                epoch,step,split,loss,top1,top5,learning_rate,images_per_second,seconds,peak_bytes,\
                "block_loss.conv,""2\""",block_loss.conv_block1
                1,12,train,0.5,,,0.005,,4.0,,2.0,1.5
                1,12,test,0.25,50.0,,,,4.0,,,

                """)
    }
}
