import FileFormats
import Runs
import Suggestions

/// A program that measurements are written or sent for, besides the run's own folder.
public enum Tracker: Sendable {
    /// Event files in the run's folder.
    case tensorboard
    /// A server of MLflow's.
    case mlflow(MLflowServer)

    /// The names that ``init(parsing:environment:)`` knows.
    public static let names = ["tensorboard", "mlflow"]

    /// Of a server, without credentials.
    public var address: String? {
        guard case .mlflow(let server) = self else { return nil }
        return server.address
    }

    /// Reads `tensorboard`, `mlflow=URL`, or `mlflow` for the server that `MLFLOW_TRACKING_URI` names.
    ///
    /// Throws ``ConfigurationError`` for an unknown name, with the nearest one, and for an address that is
    /// none.
    public init(
        parsing text: String, environment: [String: String] = Environment.variables
    ) throws(ConfigurationError) {
        let (name, value) = Self.split(text)
        switch plainName(name) {
        case "tensorboard":
            guard value == nil else {
                throw ConfigurationError(
                    key: "track",
                    reason: "tensorboard takes no value: its files are in the run's folder")
            }
            self = .tensorboard
        case "mlflow":
            guard let address = value ?? environment[MLflowServer.addressVariable] else {
                throw ConfigurationError(
                    key: "track",
                    reason: "mlflow needs the address of a server: give mlflow=URL, or set "
                        + MLflowServer.addressVariable)
            }
            self = .mlflow(try MLflowServer(named: address, environment: environment))
        default:
            let guess =
                nearest(to: name, among: Self.names).map { " Did you mean '\($0)'?" } ?? ""
            throw ConfigurationError(
                key: "track",
                reason: "unknown tracker '\(MLflowServer.redacted(name).legible)'.\(guess)\n"
                    + "Known: tensorboard, mlflow, mlflow=URL")
        }
    }

    private static func split(_ text: String) -> (name: String, value: String?) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(parts.first ?? ""), parts.count > 1 ? String(parts[1]) : nil)
    }

    /// A command line as it may be kept: without the user names and passwords in addresses of servers.
    public static func withoutCredentials(_ arguments: [String]) -> [String] {
        arguments.map { argument in
            let isFlag = argument.hasPrefix("--track=")
            let text = isFlag ? String(argument.dropFirst("--track=".count)) : argument
            let (name, value) = split(text)
            guard plainName(name) == "mlflow", let value else { return argument }
            return (isFlag ? "--track=" : "") + name + "=" + MLflowServer.redacted(value)
        }
    }
}
