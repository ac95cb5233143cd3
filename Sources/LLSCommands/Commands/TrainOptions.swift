import ArgumentParser
import Datasets
import LocalLearning
import Runs
import Tensors

/// The settings of a run; published spellings are accepted beside ours.
struct TrainOptions: ParsableArguments {
    @OptionGroup var source: DataOptions

    @Option(help: "The network: one of these, or a file of your own (NET.yaml).")
    var model = Named<ModelNames>("LLS_SmallConv")

    @Option(
        name: [.customLong("rule"), .customLong("training-mode")], help: "The learning rule.")
    var rule = Named<RuleNames>("LLS")

    @Option(name: [.customLong("epochs"), .customLong("num-epochs")], help: "Number of epochs.")
    var epochs = 5

    @Option(
        name: [.customLong("learning-rate"), .customLong("lr")], help: "Learning rate.")
    var learningRate: Double = 5e-3

    @Option(help: "Images in a training batch.")
    var batchSize = 128

    @Option(help: "Images in a test batch.")
    var testBatchSize = 128

    @Option(help: "The optimizer.")
    var optimizer = Named<OptimizerNames>("AdamWSF")

    @Option(help: "Momentum of SGD and SGDSF.")
    var momentum: Double = 0.9

    @Option(help: "Weight decay (L2).")
    var weightDecay: Double = 0

    @Flag(inversion: .prefixedNo, help: "Use Nesterov momentum with SGD.")
    var nesterov = false

    @Option(help: "Warm-up steps of a schedule-free optimizer: its rate rises from 0.")
    var warmupSteps = 0

    @Option(help: "Learning-rate schedule; with the default patience the rate is constant.")
    var lrScheduler = Named<Cases<ScheduleKind>>("ReduceLROnPlateau")

    @Option(
        name: [.customLong("milestones"), .customLong("milestone"), .customShort("m")],
        parsing: .upToNextOption,
        help: "Epochs after which MultiStepLR lowers the rate.")
    var milestones = [50, 80, 120, 180]

    @Option(help: "Factor by which a schedule multiplies the rate.")
    var gamma = 0.3

    @Option(help: "Epochs without progress before ReduceLROnPlateau lowers the rate.")
    var patience = 1000

    @Option(help: "Dropout probability (after pooling layers and the last linear block).")
    var dropout = 0.0

    @Option(help: "2×2 pooling: the maximum or the average.")
    var pool = Named<Cases<Pooling>>("MAX")

    @Option(help: "Waveform of the basis.")
    var waveform = Named<Cases<Waveform>>("cosine")

    @Option(help: "Temperature of the local losses.")
    var temperature: Double = 0.5

    @Option(help: "Label smoothing of the local losses.")
    var labelSmoothing: Double = 0

    @Option(help: "Seed of all random numbers.")
    var seed: UInt64 = 0

    @Option(help: "Stop after this many steps.")
    var maxSteps: Int?

    @Option(help: "Use only this many training samples.")
    var limitTrain: Int?

    @Option(help: "Use only this many test samples.")
    var limitTest: Int?

    @Option(
        help: "What to do with unreadable images: error lists them and stops, skip leaves them out."
    )
    var badImages = Named<Cases<BadImagePolicy>>("error")

    @Option(
        name: [.customLong("report-every"), .customLong("print-freq")],
        help: "Steps between two reports of the losses.")
    var reportEvery = 50

    @OptionGroup var pictures: PictureOptions

    func validate() throws {
        guard batchSize > 1 else {
            throw ValidationError(
                "--batch-size must be at least 2, not \(batchSize): batch norm needs more than one "
                    + "image")
        }
        _ = try Choices(
            configuration, architecture: ModelNames.isFile(model.text) ? .smallConv : nil)
    }

    /// The values in effect, with the names as they were given.
    var configuration: RunConfiguration {
        var configuration = RunConfiguration()
        record(in: &configuration)
        pictures.record(in: &configuration)
        return configuration
    }

    private func record(in configuration: inout RunConfiguration) {
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
        configuration.reportEvery = reportEvery
    }
}
