import FileFormats
import Foundation
import Runs
import Tracking

/// The trackers of a run while it trains. None of them ever stops, slows or fails the training.
final class TrackerGroup {
    private let folder: RunFolder
    private let ledger: TrackingLedger
    private let log: TensorBoardLog?
    private let senders: [MLflowSender]
    private let firstStep: Int
    private var hasBegun = false
    private var hasFailed = false

    /// Starts the trackers, and says what they are.
    ///
    /// - Parameters:
    ///   - named: on the command line; nil for those that the run has had so far.
    ///   - step: of the checkpoint from which the run goes on.
    /// - Returns: nil if there are none.
    static func start(
        _ named: [Tracker]?, of folder: RunFolder, _ configuration: RunConfiguration,
        resumedFrom step: Int?
    ) -> TrackerGroup? {
        let ledger: TrackingLedger
        do { ledger = try TrackingLedger(folder) } catch {
            Console.note("note: \(error.summary); it is begun anew")
            ledger = TrackingLedger(anew: folder)
        }
        let trackers = named ?? ledger.trackers
        guard !trackers.isEmpty || ledger.trackers.count > 0 else { return nil }
        do {
            if let step {
                try ledger.begin(with: folder)
                ledger.forget(
                    after: step, if: configuration, differsBesides: ResumedRun.freeKeys)
            }
            try ledger.track(trackers)
        } catch {
            Console.note("note: \(folder.trackingFile.legible) could not be written: \(error)")
        }
        guard !trackers.isEmpty else { return nil }
        return TrackerGroup(folder, configuration, ledger, trackers, resumedFrom: step)
    }

    private init(
        _ folder: RunFolder, _ configuration: RunConfiguration, _ ledger: TrackingLedger,
        _ trackers: [Tracker], resumedFrom step: Int?
    ) {
        self.folder = folder
        self.ledger = ledger
        firstStep = step ?? -1
        var log: TensorBoardLog?
        var senders: [MLflowSender] = []
        for tracker in trackers {
            switch tracker {
            case .tensorboard:
                do {
                    log = try TensorBoardLog(folder, configuration, ledger, resumedFrom: step)
                    Console.note("track    tensorboard --logdir \(folder.path.shellQuoted)")
                } catch { Console.note("note: no events for TensorBoard: \(error.summary)") }
            case .mlflow(let server):
                senders.append(MLflowSender(folder, configuration, server, ledger))
                Console.note("track    MLflow at \(server.address)")
            }
        }
        self.log = log
        self.senders = senders
    }

    /// Hands on a record, which is in `metrics.jsonl` by now.
    func note(_ record: MetricsRecord) {
        if !hasBegun {
            hasBegun = true
            ledger.begin(after: firstStep, with: record, now: Date().timeIntervalSince1970)
            attempt { try ledger.save() }
        }
        if let log { attempt { try log.note(record) } }
        for sender in senders {
            sender.wake()
            complain(sender)
        }
    }

    /// Hands on how the run ended, once `result.json` says so, and waits a few seconds for servers that
    /// answer.
    func finish(_ status: RunOutcome.Status) {
        if let log { attempt { try log.write() } }
        for sender in senders {
            let isComplete = sender.finish(status)
            complain(sender)
            guard !isComplete else { continue }
            Console.note(
                "note: \(sender.address) lacks a part of the run; send it later with: "
                    + "\(Registry.programName) runs push \(folder.path.shellQuoted)")
        }
    }

    private func complain(_ sender: MLflowSender) {
        guard let complaint = sender.takeComplaint() else { return }
        Console.note(
            "note: cannot send measurements: \(complaint); the run goes on, and keeps them")
    }

    private func attempt(_ write: () throws -> Void) {
        do { try write() } catch {
            if !hasFailed { Console.note("note: a tracker's file could not be written: \(error)") }
            hasFailed = true
        }
    }
}
