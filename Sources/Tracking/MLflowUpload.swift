import FileFormats
import Foundation
import Runs

/// Sends what a server lacks of a run, and remembers what has arrived.
///
/// `metrics.jsonl` is both the truth and the queue: `tracking.json` says how far the server is. After an answer
/// that did not come the server is asked what it has. Records have the same time whenever they are sent, so
/// that even what is sent twice is there once.
package final class MLflowUpload {
    /// What was sent.
    package struct Sent: Sendable {
        package var records = 0
        package var values = 0
    }

    private let folder: RunFolder
    private let configuration: RunConfiguration
    private let ledger: TrackingLedger
    private let client: MLflowClient
    private let address: String
    private var tail: MetricsTail
    /// Whether the server may have more than is remembered: an answer was lost, or the run was killed.
    private var isUncertain = true
    /// By name of a metric, the last step that the server says it has.
    private var known: [String: Int] = [:]

    init(
        of folder: RunFolder, _ configuration: RunConfiguration, to server: MLflowServer,
        _ ledger: TrackingLedger, patience: ServerPatience = .init(), _ cancellation: Cancellation,
        onAnswer: @escaping () -> Void = {}
    ) {
        self.folder = folder
        self.configuration = configuration
        self.ledger = ledger
        address = server.address
        tail = MetricsTail(folder)
        client = MLflowClient(
            HTTPConnection(to: server, patience, cancellation), of: server, onAnswer: onAnswer)
    }

    /// A sender for one attempt.
    package convenience init(
        of folder: RunFolder, _ configuration: RunConfiguration, to server: MLflowServer,
        _ ledger: TrackingLedger, patience: ServerPatience = .init()
    ) {
        self.init(of: folder, configuration, to: server, ledger, patience: patience, Cancellation())
    }

    /// Sends all that is missing: the run itself, its configuration, its records, and how it stands.
    ///
    /// Asks nothing of the server if nothing is missing. Throws ``ServerFailure``, and ``FileError`` if the
    /// records cannot be read.
    func send(_ status: MLflowStatus) throws -> Sent {
        var sent = Sent()
        if ledger.server(address).run == nil { try makeRun() }
        try sendConfiguration()
        var last: MetricsRecord?
        while case let part = try tail.next(), let end = part.last?.end {
            try send(part.map(\.record), &sent)
            last = part.last?.record
            tail.offset = end
        }
        try send(status, last)
        return sent
    }

    /// Sends all that is missing of a run that trains no more.
    ///
    /// - Parameter status: of its `result.json`; nil if it has none.
    package func send(after status: RunOutcome.Status?) throws -> Sent {
        try send(MLflowStatus(status))
    }

    /// The sender's name of the run, for people: `name/001`.
    private var name: (experiment: String, run: String) {
        let path = FileSystem.resolved(folder.path) ?? folder.path
        let experiment = path.parentFolder.lastPathPart
        return (experiment.legible, "\(experiment)/\(path.lastPathPart)".legible)
    }

    private func change(_ body: (inout TrackingFile.Server) -> Void) {
        var server = ledger.server(address)
        body(&server)
        ledger.note(server)
        // What is not remembered is sent again, and is there once all the same.
        try? ledger.save()
    }

    private func makeRun() throws(ServerFailure) {
        let experiment: String
        if let known = ledger.server(address).experiment {
            experiment = known
        } else {
            experiment = try client.experiment(named: name.experiment)
            change { $0.experiment = experiment }
        }
        let server = ledger.server(address)
        let tag = MLflowText("lls.key", server.key)
        var found: String?
        if server.isAsked { found = try client.run(tagged: tag, in: experiment) }
        change { $0.isAsked = true }
        let start = ledger.contents.sessions.first?.origin ?? Date().timeIntervalSince1970
        isUncertain = found != nil
        let run =
            if let found {
                found
            } else {
                try client.makeRun(
                    in: experiment, name: name.run, start: milliseconds(start),
                    tags: [
                        tag, MLflowText("mlflow.runName", name.run),
                        MLflowText("mlflow.source.name", "lls"),
                        MLflowText("mlflow.source.type", "LOCAL"),
                        MLflowText(
                            "lls.folder", (FileSystem.resolved(folder.path) ?? folder.path).legible),
                    ])
            }
        change {
            $0.run = run
            $0.status = .running
        }
    }

    private func batch() -> MLflowBatch { MLflowBatch(run_id: ledger.server(address).run ?? "") }

    /// Sends parameters once, for no server lets them change; and what a resumed run has changed as tags.
    private func sendConfiguration() throws(ServerFailure) {
        let parameters = configuration.mlflowParameters
        if let known = ledger.server(address).parameters {
            let changes = parameters.filter { known[$0.key] != $0.value }
            guard changes != ledger.server(address).changes ?? [:] else { return }
            for part in parts(changes.mapKeys { "lls.changed.\($0)" }, MLflowBatch.mostTags) {
                var batch = batch()
                batch.tags = part
                try client.log(batch)
            }
            change { $0.changes = changes }
        } else {
            for part in parts(parameters, MLflowBatch.mostParameters) {
                var batch = batch()
                batch.params = part
                try client.log(batch)
            }
            change { $0.parameters = parameters }
        }
    }

    private func parts(_ texts: [String: String], _ most: Int) -> [[MLflowText]] {
        let all = texts.sorted { $0.key < $1.key }.map { MLflowText($0.key, $0.value) }
        return stride(from: 0, to: all.count, by: most).map {
            Array(all[$0..<min($0 + most, all.count)])
        }
    }

    /// Sends those of the records that the server lacks, whole records at a time.
    private func send(_ records: [MetricsRecord], _ sent: inout Sent) throws(ServerFailure) {
        let server = ledger.server(address)
        let new = records.filter { $0.step > server.marks[RecordKind($0).rawValue]?.step ?? -1 }
        guard !new.isEmpty, let run = server.run else { return }
        if isUncertain { known = server.repeats ? [:] : try client.steps(of: run) }
        isUncertain = true
        let file = ledger.contents
        var metrics: [MLflowMetric] = []
        // Where each record's metrics end.
        var ends: [Int] = []
        for record in new {
            if !isThere(record, after: server.marks[RecordKind(record).rawValue]?.place ?? -1) {
                let time = milliseconds(file.time(of: record))
                metrics += record.mlflowScalars.map {
                    MLflowMetric(
                        key: $0.name, value: $0.value, timestamp: time, step: record.mlflowStep)
                }
                sent.records += 1
            }
            ends.append(metrics.count)
        }
        var done = 0
        for part in MLflowBatch.parts(metrics) + [metrics[metrics.endIndex...]] {
            if !part.isEmpty {
                var batch = batch()
                batch.metrics = Array(part)
                try client.log(batch)
                sent.values += part.count
            }
            let whole = done + ends[done...].prefix { $0 <= part.endIndex }.count
            guard whole > done else { continue }
            change { server in
                for record in new[done..<whole] {
                    server.marks[RecordKind(record).rawValue] = .init(
                        step: record.step, place: record.mlflowStep)
                }
                server.repeats = false
            }
            done = whole
        }
        isUncertain = false
    }

    /// Whether the server has all of a record although that is not remembered.
    private func isThere(_ record: MetricsRecord, after place: Int) -> Bool {
        record.mlflowStep > place
            && record.mlflowScalars.allSatisfy { record.mlflowStep <= known[$0.name] ?? -1 }
    }

    private func send(
        _ status: MLflowStatus, _ last: MetricsRecord?
    ) throws(ServerFailure) {
        let server = ledger.server(address)
        guard let run = server.run, server.status != status else { return }
        let end = last.map { ledger.contents.time(of: $0) } ?? Date().timeIntervalSince1970
        try client.update(run, status: status, end: status == .running ? nil : milliseconds(end))
        change { $0.status = status }
    }

    /// What is no time, of a file that somebody else has made, is the earliest.
    private func milliseconds(_ time: Double) -> Int64 {
        Int64(exactly: (time * 1000).rounded(.down)) ?? 0
    }
}

extension Dictionary {
    fileprivate func mapKeys<NewKey>(_ name: (Key) -> NewKey) -> [NewKey: Value] {
        Dictionary<NewKey, Value>(map { (name($0.key), $0.value) }) { first, _ in first }
    }
}

extension MLflowStatus {
    /// How a run stands that has ended so; a run without an outcome was killed.
    init(_ status: RunOutcome.Status?) {
        self =
            switch status {
            case .completed: .finished
            case .diverged, .failed: .failed
            case .stopped, nil: .killed
            }
    }
}
