import FileFormats
import Suggestions

/// Everything that decides what a training run does, as it was in effect.
///
/// The keys of `config.yaml` are those of the command line. A new value needs a property and its
/// key here, and where it has bounds a line in ``check()``.
public struct RunConfiguration: Codable, Sendable, Equatable {
    /// The format of `config.yaml` that is written, and the newest that is read: its key `format`,
    /// without which a file has format 1.
    ///
    /// A new key needs no new format: whoever does not know it says so. A key whose meaning changes does.
    public static let format = 1

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
    /// The share of pictures held out for validation; nil if the data set has a split of its own.
    public var valSplit: Double?
    /// `64` or `96x128`; nil, here and below, for the data set's own.
    public var imageSize: String?
    public var channels: Int?
    /// Numbers with commas between them, one or one a channel, or `auto`.
    public var mean: String?
    public var std: String?
    public var augment = "default"
    public var erase: Double?
    /// Whether pictures stay as they lie, whatever their EXIF orientation says.
    public var noExif = false
    /// `balanced`, or a file; nil weighs all classes alike.
    public var classWeights: String?
    /// Blocks that keep their parameters.
    public var freeze = 0
    /// The weights that training starts from, a file or a run; nil draws them.
    public var initialWeights: String?
    /// What the SHA-256 of that file must be, in hexadecimal; nil takes any.
    public var initialWeightsSHA256: String?
    /// Whether the classifier is drawn though the layers are not.
    public var newHead = false
    /// Steps between two reports of the losses.
    public var reportEvery = 50
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
        case valSplit = "val-split"
        case imageSize = "image-size"
        case channels, mean, std, augment, erase
        case noExif = "no-exif"
        case classWeights = "class-weights"
        case freeze
        case initialWeights = "init"
        case initialWeightsSHA256 = "init-sha256"
        case newHead = "new-head"
        case reportEvery = "report-every"
        case backend, device
        case kernelEngine = "kernel-engine"
        case threads, convolution, tuning, exact
    }

    /// From where to where whole numbers go. The upper ends lie far beyond any use.
    public static let bounds: [CodingKeys: ClosedRange<Int>] = [
        .epochs: 1...1_000_000,
        // Batch normalisation needs two images to have a variance.
        .batchSize: 2...1 << 24,
        .testBatchSize: 1...1 << 24,
        .warmupSteps: 0...1 << 40,
        .milestones: 1...1_000_000,
        .patience: 0...1_000_000,
        .maxSteps: 1...1 << 40,
        .limitTrain: 1...1 << 32,
        .limitTest: 1...1 << 32,
        .freeze: 0...1000,
        .reportEvery: 1...1 << 40,
        .threads: 1...1024,
    ]

    /// Throws ``ConfigurationError`` for the first number that is out of its bounds.
    public func check() throws(ConfigurationError) {
        func require(
            _ key: CodingKeys, _ holds: Bool, _ allowed: String, _ value: Any
        ) throws(ConfigurationError) {
            guard !holds else { return }
            throw ConfigurationError(
                key: key.rawValue, reason: "\(value) is not allowed: it must be \(allowed)")
        }
        func whole(_ key: CodingKeys, _ value: Int?) throws(ConfigurationError) {
            guard let value, let bounds = Self.bounds[key] else { return }
            try require(key, value >= bounds.lowerBound, "at least \(bounds.lowerBound)", value)
            try require(key, value <= bounds.upperBound, "at most \(bounds.upperBound)", value)
        }
        // Everything is computed in float32, so a value must hold as such, too.
        func number(
            _ key: CodingKeys, _ value: Double, _ allowed: String, _ holds: (Double) -> Bool
        ) throws(ConfigurationError) {
            try require(key, holds(value), allowed, value)
            let narrow = Double(Float(value))
            guard narrow.isFinite, (narrow == 0) == (value == 0), holds(narrow) else {
                throw ConfigurationError(
                    key: key.rawValue,
                    reason: "\(value) is not allowed: lls computes in float32, where it becomes "
                        + "\(narrow)")
            }
        }
        func fraction(_ key: CodingKeys, _ value: Double) throws(ConfigurationError) {
            try number(key, value, "at least 0 and below 1") { (0..<1).contains($0) }
        }
        func positive(_ key: CodingKeys, _ value: Double) throws(ConfigurationError) {
            try number(key, value, "greater than 0") { $0 > 0 && $0.isFinite }
        }
        try whole(.epochs, epochs)
        try whole(.batchSize, batchSize)
        try whole(.testBatchSize, testBatchSize)
        try whole(.warmupSteps, warmupSteps)
        try whole(.patience, patience)
        try whole(.maxSteps, maxSteps)
        try whole(.limitTrain, limitTrain)
        try whole(.limitTest, limitTest)
        try whole(.threads, threads)
        try whole(.freeze, freeze)
        try whole(.reportEvery, reportEvery)
        if let digest = initialWeightsSHA256 {
            let isDigest = digest.wholeMatch(of: /[0-9A-Fa-f]{64}/) != nil
            try require(
                .initialWeightsSHA256, isDigest, "64 hexadecimal digits", digest.legible)
        }
        if let valSplit {
            try number(.valSplit, valSplit, "above 0 and below 1") { $0 > 0 && $0 < 1 }
        }
        if let erase { try number(.erase, erase, "from 0 to 1") { (0...1).contains($0) } }
        for milestone in milestones { try whole(.milestones, milestone) }
        try positive(.lr, lr)
        // Losses are divided by it.
        try number(.temperature, temperature, "from 1e-37 to 1e37") {
            (1e-37...1e37).contains($0)
        }
        try positive(.gamma, gamma)
        try fraction(.momentum, momentum)
        try fraction(.labelSmoothing, labelSmoothing)
        try fraction(.dropout, dropout)
        try number(.weightDecay, weightDecay, "at least 0 and finite") {
            $0 >= 0 && $0.isFinite
        }
        if device != nil, plainName(backend) == "cpu" {
            throw ConfigurationError(
                key: CodingKeys.device.rawValue,
                reason: "it names an OpenCL device and cannot be used with the backend cpu")
        }
        if exact, !["automatic", "direct"].contains(plainName(convolution)) {
            throw ConfigurationError(
                key: CodingKeys.convolution.rawValue,
                reason: "exact means direct convolutions, not \(convolution.legible)")
        }
        let rising = zip(milestones, milestones.dropFirst()).allSatisfy { $0 < $1 }
        try require(.milestones, rising, "rising epochs", milestones)
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
