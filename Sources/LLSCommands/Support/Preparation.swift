import Datasets
import Runs

/// The texts of a configuration that say how images are prepared, read.
struct Preparation {
    let settings: PreparationSettings
    /// Whether mean or standard deviation are to be measured.
    let isMeasured: Bool

    /// What a value is set to that is measured.
    static let automatic = "auto"

    /// - Parameter validation: how pictures in one heap are split; nil for the configuration's share.
    /// - Throws: ``ConfigurationError`` with the flag.
    init(
        _ configuration: RunConfiguration, _ augmentation: PreparationSettings.Augmentation?,
        validation: ValidationSplit? = nil
    ) throws(ConfigurationError) {
        var settings = PreparationSettings()
        settings.size = try configuration.imageSize.map { text throws(ConfigurationError) in
            try Self.size(text)
        }
        settings.channels = configuration.channels
        settings.mean = try Self.numbers(configuration.mean, .mean)
        settings.standardDeviation = try Self.numbers(configuration.std, .std)
        settings.augmentation = augmentation
        settings.erasing = configuration.erase
        settings.appliesOrientation = configuration.noExif ? false : nil
        settings.validation =
            validation
            ?? configuration.valSplit.map { .share($0, seed: configuration.seed) }
        self.settings = settings
        isMeasured = [configuration.mean, configuration.std].contains(Self.automatic)
    }

    /// `64` or `96x128`.
    private static func size(_ text: String) throws(ConfigurationError) -> PreparationSettings.Size
    {
        let sides = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard (1...2).contains(sides.count), let height = sides[0], let width = sides.last ?? nil,
            (1...maxSide).contains(height), (1...maxSide).contains(width)
        else {
            throw ConfigurationError(
                key: RunConfiguration.CodingKeys.imageSize.rawValue,
                reason: "invalid size '\(text.legible)': expected 64 or HEIGHTxWIDTH, from 1 to "
                    + "\(maxSide) pixels")
        }
        return PreparationSettings.Size(height: height, width: width)
    }

    private static let maxSide = 1 << 14

    /// One number or several between commas; nil if they are to be measured.
    private static func numbers(
        _ text: String?, _ key: RunConfiguration.CodingKeys
    ) throws(ConfigurationError) -> [Float]? {
        guard let text, text != automatic else { return nil }
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false)
            .map { Float($0) }
        guard numbers.allSatisfy({ $0?.isFinite ?? false }) else {
            throw ConfigurationError(
                key: key.rawValue,
                reason: "invalid numbers '\(text.legible)': expected 0.5, or 0.4,0.5,0.6, or auto")
        }
        return numbers.compactMap { $0 }
    }
}

extension Choices {
    /// Reads the data set, prepared as the configuration says. A folder that was named must hold it.
    ///
    /// - Parameter validation: how pictures in one heap are split; nil for the configuration's share.
    /// - Returns: the data, and the configuration with what was chosen.
    func load(
        _ configuration: RunConfiguration, validation: ValidationSplit? = nil
    ) throws -> (ImageDataset, RunConfiguration) {
        let (_, described) = try described(configuration, validation: validation)
        let loaded = try described.load(dataDirectory: configuration.dataDir)
        var configuration = configuration
        if loaded.isSplitHere, configuration.valSplit == nil {
            configuration.valSplit = ValidationSplit.standardShare
        }
        return (loaded, configuration)
    }

    /// The data normalised by its own mean and deviation, if the configuration asks for that, and the
    /// configuration with these numbers.
    func measured(
        _ dataset: ImageDataset, _ configuration: RunConfiguration
    ) throws -> (ImageDataset, RunConfiguration) {
        let preparation = try Preparation(configuration, augmentation)
        guard preparation.isMeasured else { return (dataset, configuration) }
        let measured: Normalization
        do {
            measured = try Activity.show("measuring mean and deviation") { counter in
                try dataset.measureNormalization { counter.set($0, of: $1) }
            }
        } catch { throw dataset.explaining(error) }
        // `--mean auto` measures both, unless the deviation is given.
        let deviation = preparation.settings.standardDeviation
        let given = dataset.normalization
        let normalization = Normalization(
            mean: configuration.mean == Preparation.automatic ? measured.mean : given.mean,
            standardDeviation: deviation == nil
                ? measured.standardDeviation : given.standardDeviation)
        var configuration = configuration
        configuration.mean = text(normalization.mean)
        configuration.std = text(normalization.standardDeviation)
        return (dataset.normalized(by: normalization), configuration)
    }

    /// The data set as it will be prepared, before anything is read.
    ///
    /// - Throws: ``ConfigurationError`` with the key of the first setting that cannot be.
    func described(
        _ configuration: RunConfiguration, validation: ValidationSplit? = nil
    ) throws(ConfigurationError) -> (Preparation, DatasetDescription) {
        let preparation = try Preparation(configuration, augmentation, validation: validation)
        do throws(PreparationSettingsError) {
            return (preparation, try dataset.prepared(with: preparation.settings))
        } catch {
            throw ConfigurationError(
                key: Self.preparationFlags[error.setting], reason: error.reason)
        }
    }

    private func text(_ numbers: [Float]) -> String {
        numbers.map { "\($0)" }.joined(separator: ",")
    }

    private static let preparationFlags = [
        "image size": "image-size", "channels": "channels", "mean": "mean",
        "standard deviation": "std", "erasing": "erase", "validation split": "val-split",
    ]
}
