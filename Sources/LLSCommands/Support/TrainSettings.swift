import ArgumentParser
import FileFormats
import LocalLearning
import Runs

/// The settings of a training run: flags before environment variables before a file before defaults.
///
/// The file is `--config`'s or, with `--resume`, the run's own. Either way its values become arguments in
/// front of the flags, so that all of them are read and checked alike.
struct TrainSettings {
    /// The command with the flags of both.
    let command: TrainCommand
    let choices: Choices
    /// Names are spelt as published, and paths as they were given.
    let configuration: RunConfiguration
    /// The same as a run records it.
    var recorded: RunConfiguration { choices.recordingPlaces(in: configuration) }
    let resumed: ResumedRun?
    private let given: GivenFlags
    private let file: ConfigurationFile?

    /// - Parameters:
    ///   - command: as the flags alone make it.
    ///   - given: these flags.
    /// - Throws: `ConfigurationError` for what is wrong in a file, `ValidationError` for a flag;
    ///   `FileError`.
    init(_ command: TrainCommand, _ given: GivenFlags) throws {
        self.given = given
        var source: [String] = []
        var hasModel = given.spelling(of: .model) != nil
        if let run = command.resume {
            for flag in Self.fixedByResume where given.names.contains(flag) {
                throw ValidationError("--\(flag) has no effect with --resume")
            }
            let resumed = try ResumedRun(opening: run)
            source = resumed.configuration.arguments(of: ResumedRun.keys, besides: given)
            (self.resumed, file, hasModel) = (resumed, nil, true)
        } else if let path = command.config {
            let read = try ConfigurationFile(reading: path, choices: RunConfiguration.choices)
            let configuration = read.configuration.findingNetwork(beside: path)
            let keys = read.places.keys.filter { key in
                key.variable.map { Environment.variables[$0] == nil } ?? true
            }
            source = configuration.arguments(of: Set(keys), besides: given)
            (resumed, file, hasModel) = (nil, read, hasModel || read.places[.model] != nil)
        } else {
            (resumed, file) = (nil, nil)
        }
        let command = source.isEmpty ? command : try TrainCommand.parse(source + given.arguments)
        self.command = command
        do throws(any Error) {
            (choices, configuration) = try command.settings(adoptingModel: !hasModel, resumed)
        } catch let error as ConfigurationError where error.path == nil {
            throw Self.placed(error, file, given)
        }
    }

    /// What a run that goes on has settled.
    private static let fixedByResume = [
        "name", "experiment-name", "runs-dir", "save-path", "config", "init", "init-sha256",
        "new-head", "no-new-head",
    ]

    /// The error with the place of its setting, if that is in the file.
    func placedInFile(_ error: ConfigurationError) -> ConfigurationError {
        Self.placedInFile(error, file, given)
    }

    private static func placedInFile(
        _ error: ConfigurationError, _ file: ConfigurationFile?, _ given: GivenFlags
    ) -> ConfigurationError {
        let key = error.key.flatMap(RunConfiguration.CodingKeys.init(rawValue:))
        let isGiven = key.flatMap(given.spelling(of:)) != nil
        return isGiven ? error : file?.placing(error) ?? error
    }

    /// The error with the place of its setting: in the file, or on the command line.
    private static func placed(
        _ error: ConfigurationError, _ file: ConfigurationFile?, _ given: GivenFlags
    ) -> any Error {
        let placed = placedInFile(error, file, given)
        guard placed.path == nil, let key = error.key else { return placed }
        return ValidationError("--\(key): \(error.reason)")
    }

    /// Where a value comes from.
    enum Origin {
        case standard
        case file(String, ConfigurationFile.Place)
        case variable(String)
        case flag(String)
        /// From the weights that training starts from.
        case weights
    }

    /// Where the value of a key comes from.
    func origin(of key: RunConfiguration.CodingKeys) -> Origin {
        if let flag = given.spelling(of: key) { return .flag(flag) }
        if let variable = key.variable, Environment.variables[variable] != nil,
            key != .dataDir || !choices.dataset.namesItsPlace
        {
            return .variable(variable)
        }
        if let file, let path = file.path, let place = file.places[key] {
            return .file(path, place)
        }
        let isOfWeights =
            key == .initialWeightsSHA256
            || key == .model && configuration.model != RunConfiguration().model
        return isOfWeights && configuration.initialWeights != nil ? .weights : .standard
    }
}

extension TrainCommand {
    /// The settings in effect, checked; what the data may change of them is still to come.
    fileprivate func settings(
        adoptingModel: Bool, _ resumed: ResumedRun?
    ) throws -> (Choices, RunConfiguration) {
        var configuration = options.configuration
        start.record(in: &configuration)
        selection.record(in: &configuration)
        try configuration.check()
        if configuration.newHead, configuration.initialWeights == nil {
            throw ConfigurationError(key: "new-head", reason: "it has no effect without --init")
        }
        let weights = try configuration.initialWeights.map(SavedWeights.init)
        let adopted =
            adoptingModel
            ? try weights?.architecture ?? weights?.card?.model.map(ModelNames.entry) : nil
        let choices = try Choices(configuration, architecture: adopted)
        try choices.checkTraining(configuration)
        _ = try choices.described(configuration)
        configuration = choices.spelling(configuration)
        configuration.classWeights = try ClassWeightOption.settled(configuration.classWeights)
        if let weights { try configuration.settle(weights.file.path) }
        if let resumed {
            let before = resumed.configuration
            configuration.initialWeights = before.initialWeights
            configuration.initialWeightsSHA256 = before.initialWeightsSHA256
            configuration.newHead = before.newHead
            // A network that came from a file lies in the run's folder, and is named by its path.
            if ModelNames.isFile(before.model) { configuration.model = options.model.text }
        }
        return (choices, configuration)
    }
}

extension RunConfiguration {
    /// Notes the digest of the file that training starts from.
    ///
    /// - Throws: ``ConfigurationError`` if it must be another; `FileError`.
    fileprivate mutating func settle(_ weightsFile: String) throws {
        let digest = try digestOfFile(weightsFile)
        if let expected = initialWeightsSHA256, expected.lowercased() != digest {
            throw ConfigurationError(
                key: CodingKeys.initialWeightsSHA256.rawValue,
                reason: "\(weightsFile.legible) has changed: its SHA-256 is \(digest)\n"
                    + "Restore the file, or name it with --init to take it as it is.")
        }
        initialWeightsSHA256 = digest
    }

    /// The folder of a run may have been moved since it noted where its network is.
    fileprivate func findingNetwork(beside path: String) -> RunConfiguration {
        let network = path.parentFolder.appending(pathPart: "network.yaml")
        guard ModelNames.isFile(model), !FileSystem.exists(model), FileSystem.exists(network)
        else { return self }
        var configuration = self
        configuration.model = network
        return configuration
    }
}
