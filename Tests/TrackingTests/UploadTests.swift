import FileFormats
import Foundation
import Runs
import TestSupport
import Testing
import Tracking

/// What reaches a server, whatever it does.
struct UploadTests {
    private let root: TemporaryFolder
    private let folder: RunFolder
    private let configuration = RunConfiguration()

    init() throws {
        root = try TemporaryFolder()
        folder = try RunFolder.create(
            name: "name", in: root.path, configuration: configuration, arguments: [])
    }

    private func record(_ step: Int, blocks: Int = 2) -> MetricsRecord {
        let losses = (0..<blocks).map { ("conv\($0)", Double($0) / 7) }
        return MetricsRecord(
            epoch: step, step: step * 10, split: .train, loss: 1 / Double(step), top1: 50,
            seconds: Double(step) / 3, blockLosses: Dictionary(uniqueKeysWithValues: losses))
    }

    private func measure(_ steps: ClosedRange<Int>, blocks: Int = 2) throws {
        let log = try MetricsLog(folder)
        for step in steps { try log.append(record(step, blocks: blocks)) }
    }

    private var patience: ServerPatience {
        var patience = ServerPatience()
        (patience.connecting, patience.stalling, patience.total) = (1, 2, 3)
        return patience
    }

    @discardableResult
    private func push(
        to address: String, environment: [String: String] = [:],
        status: RunOutcome.Status? = .completed, _ changed: RunConfiguration? = nil
    ) throws -> MLflowUpload.Sent {
        let server = try MLflowServer(named: address, environment: environment)
        let ledger = try TrackingLedger(folder)
        try ledger.begin(with: folder)
        let upload = MLflowUpload(
            of: folder, changed ?? configuration, to: server, ledger, patience: patience)
        return try upload.send(after: status)
    }

    /// How often each value is there, by metric and step.
    private func counts(_ run: MLflowDouble.Run) -> [String: Int] {
        Dictionary(run.values.map { ("\($0.key) \($0.step)", 1) }, uniquingKeysWith: +)
    }

    @Test func everythingArrivesOnceAndIsNotSentAgain() throws {
        let double = try MLflowDouble()
        try measure(1...5)
        let sent = try push(to: double.base)
        #expect(sent.records == 5 && sent.values == 20)
        let run = try #require(double.runs["run1"])
        #expect(double.runs.count == 1 && double.experiments == ["name"])
        #expect(run.status == "FINISHED" && run.values.count == 20)
        #expect(run.tags["mlflow.runName"] == "name/001")
        #expect(run.parameters["learning_rate"] == "0.005")
        #expect(run.parameters["milestones"] == "50,80,120,180")
        let loss = try #require(run.values.first { $0.key == "loss_train" && $0.step == 3 })
        #expect(Double(loss.value) == 1.0 / 3)
        let calls = double.calls.count
        #expect(try push(to: double.base).records == 0)
        #expect(double.calls.count == calls)
        // The run goes on with other settings.
        try measure(6...7)
        var changed = configuration
        changed.epochs = 9
        #expect(try push(to: double.base, status: .stopped, changed).records == 2)
        let later = try #require(double.runs["run1"])
        #expect(later.status == "KILLED" && later.values.count == 28)
        #expect(later.parameters["num_epochs"] == "5")
        #expect(later.tags["lls.changed.num_epochs"] == "9")
    }

    /// Each answer of a whole upload is lost once: nothing is lost or doubled.
    @Test(arguments: 0..<7)
    func lostAnswersLoseNothing(number: Int) throws {
        let double = try MLflowDouble { $1 == number ? .losesAnswer : nil }
        try measure(1...5)
        // The last call is number 5.
        if number < 6 {
            #expect(throws: ServerFailure.self) { try push(to: double.base) }
        }
        try push(to: double.base)
        #expect(double.runs.count == 1)
        let run = try #require(double.runs["run1"])
        #expect(run.values.count == 20 && run.status == "FINISHED")
        #expect(counts(run).values.allSatisfy { $0 == 1 })
    }

    /// The server has records that the run has forgotten about, and measures again: at another time, and some
    /// of it with other values.
    @Test func recordsThatTheServerHasAreNotSentAgain() throws {
        let double = try MLflowDouble { call, number in
            call == "runs/log-batch" && number == 4 ? .losesAnswer : nil
        }
        try measure(1...3)
        #expect(throws: ServerFailure.self) { try push(to: double.base) }
        let ledger = try TrackingLedger(folder)
        ledger.begin(after: 10, with: record(2), now: 5000)
        try ledger.save()
        try measure(4...5)
        #expect(try push(to: double.base).records == 2)
        let run = try #require(double.runs["run1"])
        #expect(run.values.count == 20 && counts(run).values.allSatisfy { $0 == 1 })
        #expect(double.calls.contains("runs/get"))
    }

    /// More values, and more bytes, than one call may have.
    @Test(arguments: [(600, 7), (3, 1200), (2, 2500)])
    func callsStayWithinTheLimits(records: Int, blocks: Int) throws {
        let double = try MLflowDouble()
        try measure(1...records, blocks: blocks)
        let sent = try push(to: double.base)
        #expect(sent.records == records && sent.values == records * (blocks + 2))
        #expect(double.runs["run1"]?.values.count == records * (blocks + 2))
    }

    @Test func numbersThatAreNoneAreWords() throws {
        let double = try MLflowDouble()
        let log = try MetricsLog(folder)
        var record = record(1)
        record.loss = .nan
        record.top1 = -.infinity
        try log.append(record)
        try push(to: double.base, status: .diverged)
        let run = try #require(double.runs["run1"])
        #expect(run.values.first { $0.key == "loss_train" }?.value == "NaN")
        #expect(run.values.first { $0.key == "acc_train" }?.value == "-Infinity")
        #expect(run.status == "FAILED")
    }

    /// A folder may come from anybody.
    @Test(arguments: [1e300, -1e300, .nan, .infinity, -5])
    func timesThatAreNoneDoNoHarm(seconds: Double) throws {
        let double = try MLflowDouble()
        let log = try MetricsLog(folder)
        var record = record(1)
        record.seconds = seconds
        (record.step, record.epoch, record.peakBytes) = (.max, .min, .max)
        try log.append(record)
        #expect(try push(to: double.base).records == 1)
        #expect(try push(to: double.base).records == 0)
        let events = try TensorBoardLog(
            folder, configuration, try TrackingLedger(folder), resumedFrom: 0)
        try events.write()
    }

    /// A line that is being written is sent when it is whole.
    @Test func halfALineWaits() throws {
        let double = try MLflowDouble()
        try measure(1...2)
        let whole = try readFile(folder.metricsFile)
        try Data(whole + Array(#"{"epoch":3,"#.utf8)).write(to: URL(filePath: folder.metricsFile))
        #expect(try push(to: double.base).records == 2)
        try Data(whole).write(to: URL(filePath: folder.metricsFile))
        try measure(3...3)
        #expect(try push(to: double.base).records == 1)
    }

    @Test func recordsOfAnotherConfigurationAreSentAgain() throws {
        let double = try MLflowDouble()
        try measure(1...4)
        try push(to: double.base)
        let ledger = try TrackingLedger(folder)
        var changed = configuration
        changed.threads = 3
        ledger.forget(after: 20, if: changed, differsBesides: [.threads])
        try ledger.save()
        #expect(try push(to: double.base).records == 0)
        changed.lr = 1
        ledger.forget(after: 20, if: changed, differsBesides: [.threads])
        try ledger.save()
        #expect(try push(to: double.base).records == 2)
    }

    // MARK: - Servers that are none

    /// Whatever comes instead of a good answer is a typed error, and nothing counts as sent.
    @Test(arguments: [
        MLflowDouble.Fault.answers("<html>sign in</html>", type: "text/html"),
        .answers(""), .answers("[]"), .answers("null"), .answers("7"), .answers("{"),
        .answers("{}", status: "301 Moved Permanently"),
        .answers("{}", status: "401 Unauthorized"), .answers("no", status: "403 Forbidden"),
        .answers("{}", status: "500 Internal Server Error"),
        .answers(#"{"error_code": 7}"#, status: "400 Bad Request"),
        .answers(String(repeating: " ", count: 5_000_000)),
        .answers(String(repeating: "[", count: 100_000)),
        .hangs(30), .hangs(0),
    ])
    func badAnswersAreErrors(fault: MLflowDouble.Fault) throws {
        try measure(1...2)
        for place in 0..<6 {
            let double = try MLflowDouble { $1 == place ? fault : nil }
            // A search for a run by an older attempt takes the place of its making.
            try? FileManager.default.removeItem(atPath: folder.trackingFile)
            do {
                try push(to: double.base)
                Issue.record("\(fault) is taken for the answer to call \(place)")
            } catch let error as ServerFailure {
                #expect("\(error)".split(separator: "\n").count <= 3, "\(error)")
            }
            let sent = double.runs.values.first?.values.count ?? 0
            #expect(place > 4 ? sent == 8 : sent == 0, "\(place)")
            // All requests of one kind are enough for what takes seconds.
            if case .hangs(30) = fault, place == 1 { break }
        }
    }

    @Test(arguments: [
        #"{"experiment_id": 1}"#, #"{"experiment_id": ""}"#, #"{"experiment_id": "a\u0000b"}"#,
        #"{"experiment_id": "\#(String(repeating: "1", count: 500))"}"#, "{}",
    ])
    func identifiersAreChecked(answer: String) throws {
        let double = try MLflowDouble { call, _ in
            call == "experiments/create" ? .answers(answer) : nil
        }
        #expect(throws: ServerFailure.self) { try push(to: double.base) }
        #expect(double.runs.isEmpty)
    }

    @Test func categoriesTellWhatToDo() throws {
        let cases: [(MLflowDouble.Fault, ErrorCategory)] = [
            (.answers("{}", status: "503 Busy"), .inputOutput), (.hangs(0), .inputOutput),
            (.answers("{}", status: "401 Unauthorized"), .configuration),
            (.answers("<html>"), .malformedData),
        ]
        for (fault, category) in cases {
            let double = try MLflowDouble { _, _ in fault }
            do { try push(to: double.base) } catch let error as ServerFailure {
                #expect(error.category == category, "\(error)")
            }
        }
        do { try push(to: "http://127.0.0.1:1") } catch let error as ServerFailure {
            #expect(error.category == .inputOutput && error.isTemporary, "\(error)")
        }
    }

    // MARK: - Credentials

    @Test func credentialsGoToTheServerThatWasNamed() throws {
        try measure(1...1)
        let double = try MLflowDouble()
        let place = double.base.dropFirst("http://".count)
        try push(to: "http://user:p%40ss@\(place)", environment: ["MLFLOW_TRACKING_TOKEN": "t"])
        #expect(double.authorization == ["Basic " + Data("user:p@ss".utf8).base64EncodedString()])
        let stored = String(decoding: try readFile(folder.trackingFile), as: UTF8.self)
        #expect(stored.contains(double.base) && !stored.contains("p@ss"))
        #expect(!stored.contains("user"))

        let token = try MLflowDouble()
        try push(to: token.base, environment: ["MLFLOW_TRACKING_TOKEN": "word"])
        #expect(token.authorization == ["Bearer word"])
        let pair = ["MLFLOW_TRACKING_USERNAME": "u", "MLFLOW_TRACKING_PASSWORD": "w"]
        let basic = try MLflowDouble()
        try push(to: basic.base, environment: pair)
        #expect(basic.authorization == ["Basic " + Data("u:w".utf8).base64EncodedString()])
        // A folder may name any server: it gets nothing that the user has not meant for it.
        #expect(try MLflowServer(recorded: basic.base, environment: pair).authorization == nil)
        let meant = pair.merging(["MLFLOW_TRACKING_URI": basic.base + "/"]) { $1 }
        #expect(try MLflowServer(recorded: basic.base, environment: meant).authorization != nil)
    }

    // MARK: - tracking.json

    @Test(arguments: [
        "", "{", "[]", "{}",
        #"{"version": 2, "tensorboard": false, "servers": [], "sessions": []}"#,
        #"{"version": 1, "tensorboard": false, "servers": [], "sessions": [{"after": 0, "origin": "nan"}]}"#,
        #"{"version": 1, "tensorboard": false, "servers": [], "sessions": [{"after": 0, "origin": 1e300}]}"#,
        file(address: "file:///etc/passwd"), file(address: "http://u:p@host"),
        file(address: "http://host?x"), file(run: ""), file(run: "a b"), file(key: "a' OR 'b"),
    ])
    func damageIsATypedError(text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: folder.trackingFile))
        do throws(FileError) {
            _ = try TrackingLedger(folder)
            Issue.record("\(text) is read")
        } catch {
            #expect(error.category == .malformedData && error.path == folder.trackingFile)
        }
    }

    @Test func aHugeFileIsNotRead() throws {
        try Data(repeating: 0x20, count: 2 << 20).write(to: URL(filePath: folder.trackingFile))
        #expect(throws: FileError.self) { try TrackingLedger(folder) }
    }

    private static func file(
        address: String = "http://host", run: String = "r", key: String = "k"
    ) -> String {
        #"{"version": 1, "tensorboard": false, "sessions": [], "servers": [{"address": "\#(address)", "#
            + #""key": "\#(key)", "is_wanted": true, "is_asked": true, "run": "\#(run)", "marks": {}, "repeats": false}]}"#
    }
}
