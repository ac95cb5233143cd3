import FileFormats
import Foundation
import Runs
import Synchronization

/// `tracking.json` of a run that is open: several threads note in it what has arrived.
package final class TrackingLedger: Sendable {
    package let path: String
    private let file: Mutex<TrackingFile>

    /// Reads the file, if there is one; throws ``FileError``.
    package init(_ folder: RunFolder) throws(FileError) {
        path = folder.trackingFile
        file = Mutex(FileSystem.exists(path) ? try TrackingFile(reading: path) : TrackingFile())
    }

    /// A file that is begun anew, whatever there is.
    package init(anew folder: RunFolder) {
        path = folder.trackingFile
        file = Mutex(TrackingFile())
    }

    var contents: TrackingFile { file.withLock { $0 } }

    /// Changes what is remembered.
    func change(_ body: (inout TrackingFile) -> Void) { file.withLock { body(&$0) } }

    /// Writes it; throws ``FileError``.
    package func save() throws {
        // Within the lock, so that no older state replaces a newer one.
        try file.withLock { try AtomicFile.write(JSONText.page($0).utf8, to: path) }
    }

    /// The servers that have something of the run, or should.
    package var servers: [MLflowServer] {
        contents.servers.compactMap { try? MLflowServer(recorded: $0.address) }
    }

    /// A server's own name of the run, for its address; nil until it has one.
    package func run(on server: MLflowServer) -> (experiment: String, run: String)? {
        let server = self.server(server.address)
        guard let experiment = server.experiment, let run = server.run else { return nil }
        return (experiment, run)
    }

    package var usesTensorBoard: Bool { contents.tensorboard }

    /// Remembers which trackers the run has, for when it goes on; throws ``FileError``.
    package func track(_ trackers: [Tracker]) throws {
        change { file in
            file.tensorboard = false
            for tracker in trackers {
                switch tracker {
                case .tensorboard: file.tensorboard = true
                case .mlflow(let server):
                    if !file.servers.contains(where: { $0.address == server.address }) {
                        file.servers.append(.init(server.address))
                    }
                }
            }
            let named = Set(trackers.compactMap(\.address))
            for index in file.servers.indices {
                file.servers[index].isWanted = named.contains(file.servers[index].address)
            }
        }
        try save()
    }

    /// The trackers that the run had when it last trained.
    package var trackers: [Tracker] {
        let file = contents
        return (file.tensorboard ? [.tensorboard] : [])
            + file.servers.filter(\.isWanted).compactMap {
                (try? MLflowServer(recorded: $0.address)).map { .mlflow($0) }
            }
    }

    func server(_ address: String) -> TrackingFile.Server {
        contents.servers.first { $0.address == address } ?? TrackingFile.Server(address)
    }

    func note(_ server: TrackingFile.Server) {
        change { file in
            if let index = file.servers.firstIndex(where: { $0.address == server.address }) {
                file.servers[index] = server
            } else {
                file.servers.append(server)
            }
        }
    }

    /// Notes when the session began whose first record this is.
    package func begin(after step: Int, with record: MetricsRecord, now: Double) {
        change { $0.sessions.append(.init(after: step, origin: now - record.seconds)) }
    }

    /// Gives records times that are measured already, if the run was not tracked until now: the last one is as
    /// old as the file. Throws ``FileError``.
    package func begin(with folder: RunFolder) throws(FileError) {
        guard contents.sessions.isEmpty else { return }
        var tail = MetricsTail(folder)
        var last: MetricsRecord?
        while case let part = try tail.next(), let end = part.last?.end {
            last = part.last?.record
            tail.offset = end
        }
        guard let last, let status = try FileSystem.status(of: folder.metricsFile) else { return }
        let seconds = (0..<1e10).contains(last.seconds) ? last.seconds : 0
        change {
            $0.sessions = [.init(after: -1, origin: Double(status.modified) - seconds)]
        }
    }

    /// Has the records after `step` sent again to servers that know them under another configuration: what
    /// is measured again there has other values.
    ///
    /// - Parameter keys: that may differ without any effect on values.
    package func forget(
        after step: Int, if configuration: RunConfiguration,
        differsBesides keys: [RunConfiguration.CodingKeys]
    ) {
        func values(_ parameters: [String: String]) -> [String: String] {
            let free = Set(keys.map(\.mlflowName))
            return parameters.filter { !free.contains($0.key) }
        }
        let now = values(configuration.mlflowParameters)
        change { file in
            for index in file.servers.indices {
                let server = file.servers[index]
                let before = (server.parameters ?? [:]).merging(server.changes ?? [:]) { $1 }
                guard server.parameters != nil, values(before) != now else { continue }
                file.servers[index].marks = server.marks.mapValues {
                    $0.step <= step ? $0 : .init(step: step, place: -1)
                }
                file.servers[index].repeats = true
            }
        }
    }
}

extension RunFolder {
    /// Which trackers have what of the run.
    package var trackingFile: String { path + "/tracking.json" }
    /// The folder of TensorBoard's event files.
    package var eventFolder: String { path + "/tensorboard" }
}
