import FileFormats

/// Why a server did not take what it was sent.
public enum ServerFailure: CategorizedError, Equatable {
    /// No connection, or no answer in time, in libcurl's words.
    case unreachable(server: String, String)
    /// An answer that says no: HTTP's status, MLflow's code and its words.
    case refused(server: String, status: Int, code: String, message: String)
    /// An answer that no MLflow server gives.
    case notMLflow(server: String, String)
    /// The program ended before the answer.
    case cancelled(server: String)

    /// Whether the same may be taken later.
    public var isTemporary: Bool {
        switch self {
        case .unreachable, .cancelled: true
        case .refused(_, let status, _, _): status >= 500 || status == 429 || status == 408
        case .notMLflow: false
        }
    }

    private var isAboutCredentials: Bool {
        guard case .refused(_, let status, _, _) = self else { return false }
        return status == 401 || status == 403
    }

    public var category: ErrorCategory {
        if isTemporary { return .inputOutput }
        return isAboutCredentials ? .configuration : .malformedData
    }

    /// The server and what is wrong, on one line.
    public var summary: String {
        switch self {
        case .unreachable(let server, let reason): "\(server): \(reason)"
        case .refused(let server, let status, let code, let message):
            "\(server): HTTP status \(status)"
                + [code, message].filter { !$0.isEmpty }.map { ": \($0)" }.joined()
        case .notMLflow(let server, let reason):
            "\(server): the answer is not that of an MLflow server: \(reason)"
        case .cancelled(let server): "\(server): no answer in time"
        }
    }

    public var description: String {
        let advice =
            switch self {
            case _ where isAboutCredentials:
                "Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or "
                    + "MLFLOW_TRACKING_TOKEN, and \(MLflowServer.addressVariable)."
            case .refused(_, 404, _, _):
                "If the run was deleted there, remove tracking.json from its folder: it is then "
                    + "sent anew."
            case _ where isTemporary: "Nothing is lost: try again later."
            case .notMLflow: "Check the address of the server."
            default: "Correct it there, and try again."
            }
        return "\(summary)\n\(advice)"
    }
}
