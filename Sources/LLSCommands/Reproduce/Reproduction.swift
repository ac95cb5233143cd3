import Checkpoints
import Experiments
import FileFormats
import Foundation
import Runs

/// One row of the paper with one seed, as a run in a folder of its own that can be stopped and gone on with.
struct Reproduction {
    let row: PublishedRow
    let seed: UInt64
    let settings: Settings

    /// What is not the paper's.
    struct Settings {
        var runsDirectory: String
        var dataDirectory: String?
        /// Nil for the published number.
        var epochs: Int?
        var limitTrain, limitTest: Int?
        /// The flags that choose a device.
        var device: [String]
    }

    /// How far the run of a row and a seed is.
    enum State {
        /// Nothing is there, or nothing that one can go on with.
        case none
        case resumable(RunFolder)
        case done
        case diverged
        /// A live process trains it.
        case running
    }

    var epochs: Int { settings.epochs ?? row.experiment.epochs }

    /// `table1.7-seed0`, with what makes it another training.
    private var name: String {
        let limits = [("train", settings.limitTrain), ("test", settings.limitTest)]
        return "\(row.id)-seed\(seed)"
            + limits.compactMap { name, limit in limit.map { "-\(name)\($0)" } }.joined()
    }

    /// The newest folder of the run; nil if there is none.
    var folder: RunFolder? {
        let parent = settings.runsDirectory.appending(pathPart: name)
        let numbers = ((try? FileSystem.list(parent)) ?? []).filter { Int($0) != nil }
        let newest = numbers.max { (Int($0) ?? 0) < (Int($1) ?? 0) }
        return newest.flatMap { try? RunFolder(opening: parent.appending(pathPart: $0)) }
    }

    /// What its folder says; nil if there is none.
    var summary: RunSummary? {
        folder.flatMap { try? RunContents($0, with: []) }.map { RunSummary($0) }
    }

    var state: State {
        guard let folder, let summary else { return .none }
        switch summary.status {
        case .running: return .running
        case .diverged: return .diverged
        case .completed where summary.epochs >= epochs: return .done
        default:
            let newest = try? CheckpointStore(folder.checkpoints).newest()
            return newest == nil ? .none : .resumable(folder)
        }
    }

    /// Trains it, or goes on.
    ///
    /// - Parameter budget: seconds until it must stop; nil for as long as it takes.
    /// - Throws: what training throws: ``StoppedRun`` at the end of the budget.
    func train(budget: Int?) throws {
        var arguments: [String]
        if case .resumable(let folder) = state {
            arguments = ["--resume", folder.path, "--epochs", "\(epochs)"]
        } else {
            arguments =
                row.experiment.arguments + [
                    "--epochs", "\(epochs)", "--seed", "\(seed)", "--name", name, "--runs-dir",
                    settings.runsDirectory,
                ]
            let limits = [
                ("--limit-train", settings.limitTrain), ("--limit-test", settings.limitTest),
            ]
            for (flag, limit) in limits {
                if let limit { arguments += [flag, "\(limit)"] }
            }
        }
        if let folder = settings.dataDirectory { arguments += ["--data-dir", folder] }
        if let budget { arguments += ["--max-time", "\(max(1, budget))s"] }
        try TrainCommand.train(arguments + settings.device)
    }
}
