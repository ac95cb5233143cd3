import FileFormats

/// What a run ran on, as far as its `env.json` says so. Older runs say less, so that every value may be missing,
/// and one that is of another kind counts as missing.
public struct RunEnvironmentRecord: Codable, Sendable, Equatable {
    public var lls: String?
    /// Empty if the program was not built from a commit.
    public var commit: String?
    /// ISO 8601: when the run was started, or last went on.
    public var date: String?
    public var backend: String?
    /// The identity of the tuning table that shaped an OpenCL device's kernels.
    public var tuning: String?
    public var system: String?
    public var processors: Int?
    /// Versions by name.
    public var libraries: [String: String]?
    public var dataFingerprint: String?
    /// Device memory that was planned for a step, and the part of it that is activations.
    public var plannedBytes: Int?
    public var plannedActivationBytes: Int?

    private enum CodingKeys: String, CodingKey {
        case lls, commit, date, backend, tuning, system, processors, libraries
        case dataFingerprint = "data_fingerprint"
        case plannedBytes = "planned_bytes"
        case plannedActivationBytes = "planned_activation_bytes"
    }

    public init() {}

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func value<Value: Decodable>(_ key: CodingKeys) -> Value? {
            try? values.decodeIfPresent(Value.self, forKey: key)
        }
        lls = value(.lls)
        commit = value(.commit)
        date = value(.date)
        backend = value(.backend)
        tuning = value(.tuning)
        system = value(.system)
        processors = value(.processors)
        libraries = value(.libraries)
        dataFingerprint = value(.dataFingerprint)
        plannedBytes = value(.plannedBytes)
        plannedActivationBytes = value(.plannedActivationBytes)
    }
}
