import ArgumentParser
import Runs

/// The settings of a run; published spellings are accepted beside ours.
struct TrainOptions: ParsableArguments {
    @Option(help: "FashionMNIST or MNIST.")
    var dataset = "FashionMNIST"

    @Option(
        name: [.customLong("data-dir"), .customLong("dataset-dir")],
        help: "Where data sets lie; looked at before $LLS_DATA and the system's places.")
    var dataDirectory: String?

    @Option(help: "The network.")
    var model = "LLS_SmallConv"

    @Option(
        name: [.customLong("rule"), .customLong("training-mode")], help: "The learning rule.")
    var rule = "LLS"

    @Option(name: [.customLong("epochs"), .customLong("num-epochs")], help: "Epochs.")
    var epochs = 5

    @Option(
        name: [.customLong("learning-rate"), .customLong("lr")], help: "Learning rate.")
    var learningRate: Double = 5e-3

    @Option(help: "Images in a training batch.")
    var batchSize = 128

    @Option(help: "Images in a test batch.")
    var testBatchSize = 128

    @Option(help: "SGD or AdamWSF.")
    var optimizer = "AdamWSF"

    @Option(help: "Momentum of SGD.")
    var momentum: Double = 0.9

    @Option(help: "L2 decay of the weights.")
    var weightDecay: Double = 0

    @Option(help: "Of the basis: cosine or square.")
    var waveform = "cosine"

    @Option(help: "The local losses' temperature.")
    var temperature: Double = 0.5

    @Option(help: "The local losses' label smoothing.")
    var labelSmoothing: Double = 0

    @Option(help: "Everything random follows from this.")
    var seed: UInt64 = 0

    @Option(help: "Ends the run after so many steps.")
    var maxSteps: Int?

    @Option(help: "Only the first so many training samples.")
    var limitTrain: Int?

    @Option(help: "Only the first so many test samples.")
    var limitTest: Int?

    @Option(
        name: [.customLong("report-every"), .customLong("print-freq")],
        help: "Steps between two readings of the losses.")
    var reportEvery = 50

    func validate() throws {
        try requirePositive(
            ("epochs", epochs), ("batch-size", batchSize), ("test-batch-size", testBatchSize),
            ("report-every", reportEvery))
        for (flag, value) in [
            ("max-steps", maxSteps), ("limit-train", limitTrain), ("limit-test", limitTest),
        ] {
            if let value { try requirePositive((flag, value)) }
        }
        guard batchSize > 1 else {
            throw ValidationError(
                "--batch-size must be at least 2: batch norm needs more than one image")
        }
        try require(learningRate, in: Double.leastNonzeroMagnitude...1e6, flag: "lr")
        try require(momentum, in: 0...1, flag: "momentum")
        try require(weightDecay, in: 0...1e6, flag: "weight-decay")
        try require(temperature, in: 1e-6...1e6, flag: "temperature")
        try require(labelSmoothing, in: 0...1, flag: "label-smoothing")
        _ = try Choices(configuration)
    }

    /// The values in effect, with the names spelt as published.
    var configuration: RunConfiguration {
        var configuration = RunConfiguration()
        configuration.dataset = dataset
        configuration.dataDir = dataDirectory
        configuration.model = model
        configuration.rule = rule
        configuration.waveform = waveform
        configuration.temperature = temperature
        configuration.labelSmoothing = labelSmoothing
        configuration.epochs = epochs
        configuration.batchSize = batchSize
        configuration.testBatchSize = testBatchSize
        configuration.optimizer = optimizer
        configuration.lr = learningRate
        configuration.momentum = momentum
        configuration.weightDecay = weightDecay
        configuration.seed = seed
        configuration.maxSteps = maxSteps
        configuration.limitTrain = limitTrain
        configuration.limitTest = limitTest
        return configuration
    }
}
