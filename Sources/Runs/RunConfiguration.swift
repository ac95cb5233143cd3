import FileFormats

/// Everything that decides what a training run does, as it was in effect.
///
/// The keys of `config.yaml` are those of the command line. A new value needs a property and its
/// key here, and where it has bounds a line in ``check()``.
public struct RunConfiguration: Codable, Sendable, Equatable {
    public var dataset = "FashionMNIST"
    public var dataDir: String?
    public var model = "LLS_SmallConv"
    public var rule = "LLS"
    public var waveform = "cosine"
    public var temperature = 0.5
    public var labelSmoothing = 0.0
    public var dropout = 0.0
    public var pool = "MAX"
    public var epochs = 5
    public var batchSize = 128
    public var testBatchSize = 128
    public var optimizer = "AdamWSF"
    public var lr = 5e-3
    public var momentum = 0.9
    public var nesterov = false
    public var warmupSteps = 0
    public var weightDecay = 0.0
    public var lrScheduler = "ReduceLROnPlateau"
    public var milestones = [50, 80, 120, 180]
    public var gamma = 0.3
    public var patience = 1000
    public var seed: UInt64 = 0
    /// Stop after this many steps; nil trains all epochs.
    public var maxSteps: Int?
    /// Only the first samples of each split; nil takes all.
    public var limitTrain: Int?
    public var limitTest: Int?
    /// What is done about images that cannot be decoded: "error" or "skip".
    public var badImages = "error"
    public var backend = "auto"
    public var device: String?
    public var kernelEngine = "auto"
    /// Nil: as many as the computer has cores.
    public var threads: Int?
    public var convolution = "automatic"
    public var tuning = "auto"
    /// What rounds least: direct convolutions, and fused multiply-adds on every device.
    public var exact = false

    public init() {}

    public enum CodingKeys: String, CodingKey, CaseIterable {
        case dataset
        case dataDir = "data-dir"
        case model, rule, waveform, temperature
        case labelSmoothing = "label-smoothing"
        case dropout, pool, epochs
        case batchSize = "batch-size"
        case testBatchSize = "test-batch-size"
        case optimizer, lr, momentum, nesterov
        case warmupSteps = "warmup-steps"
        case weightDecay = "weight-decay"
        case lrScheduler = "lr-scheduler"
        case milestones, gamma, patience, seed
        case maxSteps = "max-steps"
        case limitTrain = "limit-train"
        case limitTest = "limit-test"
        case badImages = "bad-images"
        case backend, device
        case kernelEngine = "kernel-engine"
        case threads, convolution, tuning, exact
    }

    /// Throws ``ConfigurationError`` for the first number that is out of its bounds.
    public func check() throws(ConfigurationError) {
        func require(
            _ key: CodingKeys, _ holds: Bool, _ allowed: String, _ value: Any
        ) throws(ConfigurationError) {
            guard !holds else { return }
            throw ConfigurationError(
                key: key.rawValue, reason: "\(value) is not allowed: it must be \(allowed)")
        }
        func atLeastOne(_ key: CodingKeys, _ value: Int?) throws(ConfigurationError) {
            try require(key, value ?? 1 >= 1, "at least 1", value ?? 1)
        }
        func fraction(_ key: CodingKeys, _ value: Double) throws(ConfigurationError) {
            try require(key, (0..<1).contains(value), "at least 0 and below 1", value)
        }
        func positive(_ key: CodingKeys, _ value: Double) throws(ConfigurationError) {
            try require(key, value > 0 && value.isFinite, "greater than 0", value)
        }
        try atLeastOne(.epochs, epochs)
        // Batch normalisation needs two images to have a variance.
        try require(.batchSize, batchSize >= 2, "at least 2", batchSize)
        try atLeastOne(.testBatchSize, testBatchSize)
        try atLeastOne(.maxSteps, maxSteps)
        try atLeastOne(.limitTrain, limitTrain)
        try atLeastOne(.limitTest, limitTest)
        try atLeastOne(.threads, threads)
        try positive(.lr, lr)
        try positive(.temperature, temperature)
        try positive(.gamma, gamma)
        try fraction(.momentum, momentum)
        try fraction(.labelSmoothing, labelSmoothing)
        try fraction(.dropout, dropout)
        try require(
            .weightDecay, weightDecay >= 0 && weightDecay.isFinite, "at least 0", weightDecay)
        try require(.warmupSteps, warmupSteps >= 0, "at least 0", warmupSteps)
        try require(.patience, patience >= 0, "at least 0", patience)
        let rising = zip(milestones, milestones.dropFirst()).allSatisfy { $0 < $1 }
        try require(
            .milestones, rising && milestones.first ?? 1 >= 1, "rising epochs from 1", milestones)
    }

    /// The name of a run that was given none: data set, model and rule.
    public var defaultName: String {
        // Of `folder:PATH` the last part, without what no folder of ours may be called.
        let data = dataset.split { "/:".contains($0) }.last.map(String.init) ?? dataset
        let parts = [data.trimmingPrefix { $0 == "." }.prefix(64), model[...], rule[...]].map {
            part in
            part.lowercased().map { character in
                // An accent that is a scalar of its own is none that a name may hold.
                let isPlain = character.unicodeScalars.count == 1
                let isAllowed = character.isLetter || character.isNumber || character == "."
                return isPlain && isAllowed ? character : "-"
            }
        }
        let model = String(parts[1])
        let short = model.hasPrefix("lls-") ? String(model.dropFirst(4)) : model
        return "\(String(parts[0]))-\(short)-\(String(parts[2]))"
    }
}
