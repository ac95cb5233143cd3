import Datasets
import FileFormats
import LocalLearning
import Runs

/// The data of a run: found, prepared, without what cannot be read, in batches that fit it.
struct TrainingData {
    let dataset: ImageDataset
    /// Images that were left out; nil if none was to be.
    let skipped: [BadImage]?
    let train, test: LoaderSource
    /// As the run was asked for, with what the data decided of it.
    let configuration: RunConfiguration
    /// What a user might not expect.
    let notes: [String]

    /// - Parameter labelling: gives the data the labels that saved weights know.
    /// - Throws: what data and configuration can be refused for.
    init(
        _ configuration: RunConfiguration, _ choices: Choices,
        validation: ValidationSplit? = nil,
        labelling: (ImageDataset) throws -> ImageDataset
    ) throws {
        let (loaded, chosen) = try Activity.show("reading \(choices.dataset.name.legible)") { _ in
            try choices.load(configuration, validation: validation)
        }
        let found = try labelling(loaded)
        let sound: ImageDataset
        (sound, skipped) = try Activity.show("looking for bad images") { counter in
            try found.applying(choices.badImages) { counter.set($0, of: $1) }
        }
        // After that: pictures that are left out are not measured.
        let (dataset, settled) = try choices.measured(sound, chosen)
        let trainCount = min(settled.limitTrain ?? .max, dataset.train.count)
        let testCount = min(settled.limitTest ?? .max, dataset.test.count)
        var configuration = choices.recordingPlaces(in: settled)
        var notes: [String] = []
        func fit(_ size: inout Int, _ count: Int, _ what: String) {
            guard size > count else { return }
            notes.append("batches of \(count) \(what) samples, not \(size): there are no more")
            size = count
        }
        fit(&configuration.batchSize, trainCount, "training")
        fit(&configuration.testBatchSize, testCount, "test")
        guard configuration.batchSize > 1, trainCount % configuration.batchSize != 1 else {
            throw ConfigurationError(
                key: "batch-size",
                reason: """
                    \(trainCount) training samples leave a last batch of one, and batch norm needs \
                    more: choose another batch size
                    """)
        }
        train = LoaderSource(
            .training(
                dataset, seed: configuration.seed, batchSize: configuration.batchSize,
                limit: configuration.limitTrain))
        test = LoaderSource(
            .testing(
                dataset, batchSize: configuration.testBatchSize, limit: configuration.limitTest))
        self.dataset = dataset
        self.configuration = configuration
        self.notes =
            dataset.notes(
                limitTrain: configuration.limitTrain, limitTest: configuration.limitTest)
            + notes + Self.balanceNote(dataset, configuration)
    }

    /// The data's line of a plan, and the number of pictures of each class if they are a user's own.
    var plan: [String] {
        let line =
            "data     \(dataset.name)  \(dataset.folder)  \(train.sampleCount) train / "
            + "\(test.sampleCount) test, \(dataset.classNames.count) classes"
        guard case .files = dataset.train.images, dataset.classNames.count <= 20 else {
            return [line]
        }
        let counts = zip(
            dataset.classNames, dataset.trainingCounts(limit: configuration.limitTrain)
        ).map { name, count in
            "\(name.legible) \(count)"
        }
        return [line, "classes  " + counts.joined(separator: ", ")]
    }

    /// One class at least twice as large as another.
    private static func balanceNote(
        _ dataset: ImageDataset, _ configuration: RunConfiguration
    ) -> [String] {
        let counts = dataset.trainingCounts(limit: configuration.limitTrain)
        guard configuration.classWeights == nil,
            let least = counts.indices.min(by: { counts[$0] < counts[$1] }),
            let most = counts.indices.max(by: { counts[$0] < counts[$1] }),
            counts[least] > 0, counts[most] >= 2 * counts[least]
        else { return [] }
        return [
            "the classes are unequal: \(dataset.classNames[most].legible) has \(counts[most]) "
                + "training samples, \(dataset.classNames[least].legible) \(counts[least]); "
                + "--class-weights balanced evens out their losses"
        ]
    }
}
