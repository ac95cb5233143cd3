import FileFormats
import Foundation
import Runs

/// What a run's folder remembers of its trackers: `tracking.json`.
package struct TrackingFile: Codable, Equatable, Sendable {
    /// A part of the run, from its start or from a checkpoint on.
    struct Session: Codable, Equatable, Sendable {
        /// The run's steps before it; -1 if records of all steps belong to it.
        var after: Int
        /// When the run would have begun if it had never paused: seconds since 1970.
        var origin: Double
    }

    /// A record: the run's steps by then, and the step that a server shows it at.
    struct Mark: Codable, Equatable, Sendable {
        var step, place: Int
    }

    /// What a server of MLflow's has of the run.
    struct Server: Codable, Equatable, Sendable {
        let address: String
        /// Tags the run there, so that it is found if the answer to its making was lost.
        let key: String
        /// Whether the run sends to it while it trains.
        var isWanted = true
        /// Nil until the server has named them.
        var experiment, run: String?
        /// Whether it was asked to make the run.
        var isAsked = false
        /// Those that it has; they cannot be changed there.
        var parameters: [String: String]?
        /// What a resumed run has changed, sent as tags.
        var changes: [String: String]?
        /// By kind of record, the last one that it has.
        var marks: [String: Mark] = [:]
        /// Whether records are to be sent again that it has with other values.
        var repeats = false
        var status: MLflowStatus?

        init(_ address: String) {
            self.address = address
            key = UUID().uuidString
        }

        private enum CodingKeys: String, CodingKey {
            case address, key, experiment, run
            case isWanted = "is_wanted"
            case isAsked = "is_asked"
            case parameters, changes, marks, repeats, status
        }
    }

    var version = 1
    var tensorboard = false
    var sessions: [Session] = []
    var servers: [Server] = []

    /// Nobody has more, and every save writes all of it.
    private static let greatestSize = 1 << 20

    init() {}

    /// Reads `tracking.json`; throws ``FileError``.
    package init(reading path: String) throws(FileError) {
        let bytes = try readFile(path, limit: Self.greatestSize)
        do { self = try JSONText.read(Self.self, from: bytes) } catch {
            throw Self.malformed(path, "text", "it is not what lls writes")
        }
        guard version == 1 else {
            throw Self.malformed(path, "version", "\(version), and this lls knows version 1")
        }
        for session in sessions where !session.origin.isFinite || abs(session.origin) > 1e12 {
            throw Self.malformed(path, "sessions", "\(session.origin) is no time")
        }
        for server in servers { try Self.check(server, path) }
    }

    private static func check(_ server: Server, _ path: String) throws(FileError) {
        do { _ = try MLflowServer(recorded: server.address, environment: [:]) } catch {
            throw malformed(path, "address", error.reason)
        }
        let names = [server.key, server.experiment, server.run].compactMap { $0 }
        guard names.allSatisfy({ MLflowClient.isIdentifier($0) && !$0.contains("'") }) else {
            throw malformed(path, "servers", "an identifier is none")
        }
    }

    private static func malformed(_ path: String, _ field: String, _ reason: String) -> FileError {
        .malformed(
            path, field: field, offset: 0, reason,
            advice: "Remove the file, and name the tracker: everything is sent to a new run.")
    }

    /// When a record was measured: seconds since 1970. It is the same whenever it is asked for, so that
    /// what is sent twice is there once.
    func time(of record: MetricsRecord) -> Double {
        let session = sessions.last { $0.after < record.step } ?? sessions.first
        return (session?.origin ?? 0) + record.seconds
    }
}
