import Datasets
import LocalLearning

/// The command line of `lls`, with what a program of your own adds to it:
///
///     import LLSCommands
///
///     var commandLine = LLSCommandLine(name: "own-rule")
///     commandLine.rules.append(OwnRule())
///     commandLine.run()
///
/// What is added can be named wherever its built-in kin can: on the command line, in `config.yaml` and
/// in weights files; help, completion, checks and suggestions know it too. Every name must be new: case,
/// `-` and `_` do not tell names apart.
public struct LLSCommandLine: Sendable {
    /// What the program is called in help and messages.
    public var name: String
    /// Learning rules for `--rule`, besides those of `RuleCatalog`.
    public var rules: [any LearningRule] = []
    /// Optimizers for `--optimizer`, besides those of `OptimizerCatalog`.
    public var optimizers: [any OptimizerKind] = []
    /// Networks for `--model`, besides those of `ModelCatalog`.
    public var architectures: [Architecture] = []
    /// Data sets for `--dataset`, besides those of `DatasetCatalog`.
    public var datasets: [DatasetDescription] = []

    /// A command line that adds nothing yet.
    public init(name: String = "lls") { self.name = name }

    /// Runs the command that this process was started with, and ends the process with its exit status.
    ///
    /// To be called on the main thread before any other thread is started, since it decides what signals
    /// do. Results go to standard output, everything else to standard error.
    public func run() -> Never { LLSCommand.run(self) }
}
