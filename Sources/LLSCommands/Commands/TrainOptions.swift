import ArgumentParser
import Datasets
import LocalLearning
import Runs
import Tensors

/// The settings of a run; published spellings are accepted beside ours.
struct TrainOptions: ParsableArguments {
    @OptionGroup var source: DataOptions

    @Option(help: "The network.")
    var model = Named<ModelNames>("LLS_SmallConv")

    @Option(
        name: [.customLong("rule"), .customLong("training-mode")], help: "The learning rule.")
    var rule = Named<RuleNames>("LLS")

    @Option(name: [.customLong("epochs"), .customLong("num-epochs")], help: "Epochs.")
    var epochs = 5

    @Option(
        name: [.customLong("learning-rate"), .customLong("lr")], help: "Learning rate.")
    var learningRate: Double = 5e-3

    @Option(help: "Images in a training batch.")
    var batchSize = 128

    @Option(help: "Images in a test batch.")
    var testBatchSize = 128

    @Option(help: "What updates the parameters.")
    var optimizer = Named<OptimizerNames>("AdamWSF")

    @Option(help: "Momentum of SGD and SGDSF.")
    var momentum: Double = 0.9

    @Option(help: "L2 decay of the weights.")
    var weightDecay: Double = 0

    @Flag(help: "Nesterov's form of SGD's momentum.")
    var nesterov = false

    @Option(help: "Steps over which a schedule-free optimizer raises its rate from 0.")
    var warmupSteps = 0

    @Option(help: "How the rate follows the epochs; the default's patience keeps it constant.")
    var lrScheduler = Named<Cases<ScheduleKind>>("ReduceLROnPlateau")

    @Option(
        name: [.customLong("milestones"), .customLong("milestone"), .customShort("m")],
        parsing: .upToNextOption,
        help: "Epochs after which MultiStepLR lowers the rate.")
    var milestones = [50, 80, 120, 180]

    @Option(help: "What a schedule multiplies the rate by.")
    var gamma = 0.3

    @Option(help: "Epochs without progress before ReduceLROnPlateau lowers the rate.")
    var patience = 1000

    @Option(help: "Probability of dropping an element behind pools and the last linear block.")
    var dropout = 0.0

    @Option(help: "What the 2×2 pools take: the largest or the average.")
    var pool = Named<Cases<Pooling>>("MAX")

    @Option(help: "Of the basis.")
    var waveform = Named<Cases<Waveform>>("cosine")

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

    @Option(help: "Of images that cannot be read: error lists them all and ends, skip goes on.")
    var badImages = Named<Cases<BadImagePolicy>>("error")

    @Option(
        name: [.customLong("report-every"), .customLong("print-freq")],
        help: "Steps between two readings of the losses.")
    var reportEvery = 50

    func validate() throws {
        guard batchSize > 1 else {
            throw ValidationError(
                "--batch-size must be at least 2, not \(batchSize): batch norm needs more than one "
                    + "image")
        }
        try requireWithinBounds(("report-every", reportEvery))
        let choices = try Choices(configuration)
        do {
            try configuration.check()
            try choices.checkTraining(configuration)
        } catch {
            throw ValidationError("--\(error.key ?? "config"): \(error.reason)")
        }
    }

    /// The values in effect, with the names spelt as published.
    var configuration: RunConfiguration {
        var configuration = RunConfiguration()
        configuration.dataset = source.dataset
        configuration.dataDir = source.place.dataDirectory
        configuration.model = model.text
        configuration.rule = rule.text
        configuration.waveform = waveform.text
        configuration.temperature = temperature
        configuration.labelSmoothing = labelSmoothing
        configuration.epochs = epochs
        configuration.batchSize = batchSize
        configuration.testBatchSize = testBatchSize
        configuration.optimizer = optimizer.text
        configuration.lr = learningRate
        configuration.momentum = momentum
        configuration.weightDecay = weightDecay
        configuration.nesterov = nesterov
        configuration.warmupSteps = warmupSteps
        configuration.lrScheduler = lrScheduler.text
        configuration.milestones = milestones
        configuration.gamma = gamma
        configuration.patience = patience
        configuration.dropout = dropout
        configuration.pool = pool.text
        configuration.seed = seed
        configuration.maxSteps = maxSteps
        configuration.limitTrain = limitTrain
        configuration.limitTest = limitTest
        configuration.badImages = badImages.text
        return configuration
    }
}
