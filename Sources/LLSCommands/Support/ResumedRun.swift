import ArgumentParser
import Checkpoints
import Datasets
import FileFormats
import LocalLearning
import Runs

/// A run that goes on in its own folder, from its newest checkpoint that is sound.
struct ResumedRun {
    let folder: RunFolder
    let checkpoint: Checkpoint
    /// As the run was started, or last went on.
    let configuration: RunConfiguration
    private let card: ModelCard
    /// Held as long as this value lives.
    private let lock: RunLock

    /// - Throws: `FileError` if it is no run or has no checkpoint that is sound; ``RunInUseError``.
    init(opening path: String) throws {
        folder = try RunFolder(opening: path)
        configuration = try folder.configuration(choices: RunConfiguration.choices)
        card = try ModelCard(reading: folder.modelFile)
        lock = try RunLock(folder)
        let newest = try CheckpointStore(folder.checkpoints).newest { path, error in
            Console.note("note: \(path.legible) is left out: \(error)")
        }
        guard let newest else {
            throw FileError(
                path: path, operation: "go on with the run",
                reason: "it holds no checkpoint that is sound", category: .malformedData,
                advice: "Start it anew, with the flags in its command.txt.")
        }
        checkpoint = newest
    }

    /// What may differ from the run's configuration without changing what is computed, but by
    /// rounding on another device.
    static let freeKeys: [RunConfiguration.CodingKeys] = [
        .epochs, .maxSteps, .dataDir, .reportEvery, .backend, .device, .kernelEngine, .threads,
        .tuning,
    ]

    /// What chooses the device, and how it computes.
    static let deviceKeys: Set<RunConfiguration.CodingKeys> = [
        .backend, .device, .kernelEngine, .threads, .convolution, .tuning, .exact,
    ]

    /// What the run's configuration says of how it goes on: its weights are the checkpoint's, wherever
    /// they started.
    static let keys = Set(RunConfiguration.CodingKeys.allCases)
        .subtracting([.initialWeights, .initialWeightsSHA256, .newHead])

    /// Refuses a configuration that computes something else.
    ///
    /// - Throws: `ConfigurationError` with what differs.
    func check(_ changed: RunConfiguration) throws(ConfigurationError) {
        let differences = differences(in: changed)
        guard !differences.isEmpty else { return }
        throw ConfigurationError(
            reason: "the run would not go on as it was started: \(differences)\n"
                + "Leave these flags out, or accept another result with --allow-change.")
    }

    /// `lr 0.005 → 0.01, seed 0 → 1`; empty if nothing that matters differs.
    func differences(in changed: RunConfiguration) -> String {
        func text(_ configuration: RunConfiguration, _ key: RunConfiguration.CodingKeys) -> String {
            if key == .milestones { return "\(configuration.milestones)" }
            return configuration.texts[key] ?? "none"
        }
        return RunConfiguration.CodingKeys.allCases.filter { !Self.freeKeys.contains($0) }
            .map { ($0, text(configuration, $0), text(changed, $0)) }
            .filter { $0.1 != $0.2 }
            .map { "\($0.rawValue) \($1) → \($2)" }.joined(separator: ", ")
    }

    /// The data with the labels that the run began with.
    func labelling(_ dataset: ImageDataset) throws(ClassMismatchError) -> ImageDataset {
        guard let classes = card.classes else { return dataset }
        return try dataset.labelled(as: classes, knownBy: folder.path)
    }

    /// Refuses other data: a step of it would be another step.
    func check(trainSamples: Int) throws(ConfigurationError) {
        guard let before = checkpoint.run["train_samples"], Int(exactly: before) != trainSamples
        else { return }
        throw ConfigurationError(
            key: "dataset",
            reason: "the run was started with \(Int(before)) training samples, and there are "
                + "\(trainSamples) now")
    }
}
