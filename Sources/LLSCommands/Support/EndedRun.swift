import Checkpoints
import FileFormats
import LocalLearning
import Runs

/// The last epoch of a run whose weights were saved, and their file.
struct KeptWeights {
    let epoch: Int
    let path: String
}

extension KeptWeights? {
    /// What is left of a run that ended early.
    var summary: String {
        map { "The weights of epoch \($0.epoch) are kept in \($0.path.legible)." }
            ?? "No epoch was completed, so there are no weights."
    }
}

/// A run that diverged: where, what most likely did it, and what is left of it.
struct DivergedRun: Error, CustomStringConvertible {
    let divergence: DivergenceError
    let configuration: RunConfiguration
    let kept: KeptWeights?

    var description: String {
        "\(divergence)\n\(configuration.likelyCauseOfDivergence)\n\(kept.summary)"
    }
}

/// A run that was asked to end, and how it can go on.
struct StoppedRun: Error, CustomStringConvertible {
    let request: StopRequest
    /// Nil if none could be saved.
    let checkpoint: Checkpoint?
    let folder: RunFolder
    let kept: KeptWeights?

    var description: String {
        guard let checkpoint else { return "\(request)\n\(kept.summary)" }
        return "\(request) after step \(checkpoint.position.steps)\n"
            + "Go on with: \(folder.resumeCommand)"
    }
}

extension RunFolder {
    /// What goes on with the run.
    var resumeCommand: String { "\(Registry.programName) train --resume \(path.shellQuoted)" }
}

extension RunConfiguration {
    /// The setting that is furthest from where training is known to hold, with its flag. The bounds
    /// are ten times and more beyond what the published commands use.
    var likelyCauseOfDivergence: String {
        let rule = Registry.rules.first { $0.name == self.rule }
        if rule is any LocalRule, temperature < 0.01 {
            return "The likely cause is --temperature \(temperature): try the default, 0.5."
        }
        if lr * weightDecay >= 1 {
            return "The likely cause is --weight-decay \(weightDecay): multiplied by the "
                + "rate it is \(lr * weightDecay), and must be far below 1."
        }
        if optimizer.hasPrefix("SGD"), momentum > 0.99 {
            return "The likely cause is --momentum \(momentum): try 0.9."
        }
        if dropout > 0.95 {
            return "The likely cause is --dropout \(dropout): try 0.5 or less."
        }
        if lrScheduler != "none", gamma > 1 {
            return "The likely cause is --gamma \(gamma): a gamma above 1 raises the rate."
        }
        return "The likely cause is the learning rate: try less than --lr \(lr)."
    }
}
