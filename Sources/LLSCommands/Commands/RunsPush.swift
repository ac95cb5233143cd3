import ArgumentParser
import FileFormats
import Foundation
import Runs
import Tracking

struct RunsPush: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push",
        abstract: "Sends to trackers what they lack of runs.",
        discussion: """
            Example: lls runs push runs/fashionmnist-smallconv-lls/001 --track mlflow=http://host:5000
            Without --track it sends to the servers that a run was tracked by. What a server has is not \
            sent again.
            """)

    @Argument(
        help: "The runs' folders (default: all in --runs-dir).", completion: .runs,
        transform: pathArgument)
    var runs: [String] = []

    @Option(
        name: .customLong("track"),
        help: ArgumentHelp(
            "Send to this server: mlflow=URL, or mlflow for that of $MLFLOW_TRACKING_URI.",
            valueName: "tracker"),
        completion: .list(["mlflow"]))
    var track: [String] = []

    @OptionGroup var place: RunsFolderOptions

    @Flag(help: "Print a JSON object for each run and server.") var json = false

    func validate() throws { _ = try servers }

    /// Nil if none was named.
    private var servers: [MLflowServer]? {
        get throws {
            var options = TrackOptions()
            options.track = track
            return try options.trackers?.map { tracker in
                guard case .mlflow(let server) = tracker else {
                    throw ValidationError(
                        "--track takes mlflow=URL here: TensorBoard reads files that a run writes")
                }
                return server
            }
        }
    }

    private struct Result: Encodable {
        let run, server: String
        /// Of the measurements, those that were sent now.
        let records, values: Int
        let experiment, mlflow_run: String?
    }

    func run() throws {
        let named = try servers
        var away: Set<String> = []
        var failure: (any Error)?
        let chosen =
            try runs.isEmpty
            ? RunCollection.folders(in: place.runsDirectory) : place.find(runs)
        for folder in chosen {
            do { try push(try RunFolder(opening: folder.path), named, &away) } catch {
                // The first one is the exit status; the others are told now.
                if failure == nil { failure = error } else { Console.note("note: \(error)") }
            }
        }
        if let failure { throw failure }
    }

    /// Sends what the servers lack of one run. Does not ask those again that are away.
    private func push(
        _ folder: RunFolder, _ named: [MLflowServer]?, _ away: inout Set<String>
    ) throws {
        let lock = try RunLock(folder)
        defer { withExtendedLifetime(lock) {} }
        let configuration = try folder.configuration()
        let ledger = try TrackingLedger(folder)
        let servers = named ?? ledger.servers
        guard !servers.isEmpty else {
            if runs.isEmpty { return }
            throw ConfigurationError(
                path: folder.path, key: "track",
                reason: "the run has no server; name one with --track mlflow=URL")
        }
        try ledger.begin(with: folder)
        let outcome = try folder.outcome()
        for server in servers where !away.contains(server.address) {
            let upload = MLflowUpload(of: folder, configuration, to: server, ledger)
            let sent: MLflowUpload.Sent
            do { sent = try upload.send(after: outcome?.status) } catch let error as ServerFailure {
                if error.isTemporary { away.insert(server.address) }
                throw error
            }
            let place = ledger.run(on: server)
            try show(
                Result(
                    run: folder.path, server: server.address, records: sent.records,
                    values: sent.values,
                    experiment: place?.experiment, mlflow_run: place?.run))
        }
    }

    private func show(_ result: Result) throws {
        guard !json else { return Console.result(try LLSCommands.json(result)) }
        Console.result(
            "result run=\(result.run) server=\(result.server) records=\(result.records) "
                + "values=\(result.values)")
    }
}
