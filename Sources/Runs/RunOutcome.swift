/// How a run ended, and what it had reached by then: `result.json`.
///
/// Its keys are those of ``RunResult``, besides `status` and, unless the run was completed, `reason`.
public struct RunOutcome: Codable, Sendable, Equatable {
    public enum Status: String, Codable, Sendable {
        case completed
        /// A loss or a parameter was no finite number any more.
        case diverged
        /// By a signal.
        case stopped
        /// By an error of another kind: a bad image, a full disk, a lost device.
        case failed
    }

    public var status: Status
    /// Why the run ended early; nil for a run that was completed.
    public var reason: String?
    /// Of the last epoch that was completed; nil if none was.
    public var result: RunResult?
    /// Path of the run folder.
    public var run: String

    public init(_ status: Status, reason: String? = nil, result: RunResult?, run: String) {
        self.status = status
        self.reason = reason
        self.result = result
        self.run = run
    }

    private enum CodingKeys: String, CodingKey {
        case status, reason, epochs, run
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        status = try values.decode(Status.self, forKey: .status)
        reason = try values.decodeIfPresent(String.self, forKey: .reason)
        run = try values.decode(String.self, forKey: .run)
        let epochs = try values.decode(Int.self, forKey: .epochs)
        result = epochs > 0 ? try RunResult(from: decoder) : nil
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(status, forKey: .status)
        try values.encodeIfPresent(reason, forKey: .reason)
        if let result {
            try result.encode(to: encoder)
        } else {
            try values.encode(0, forKey: .epochs)
            try values.encode(run, forKey: .run)
        }
    }
}
