import ArgumentParser
import Foundation
import Runs

struct ReproduceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reproduce",
        abstract: "Trains the paper's experiments, and prints tables like the paper's.",
        discussion: """
            Example: lls reproduce table1 --seeds 0..4 --budget 8h
            'lls reproduce ls' lists the rows. Each row and seed is a run of its own in --runs-dir. The same \
            command goes on where it was stopped or killed, and several processes with other devices \
            share the rows. Rows whose data are missing are named and left out. The status is 75 if rows \
            are left when the time is over.
            """)

    @Argument(
        help: ArgumentHelp(
            "ls, table1, table2, table3, or rows such as table1.7.", valueName: "row"),
        completion: .list(["ls", "table1", "table2", "table3"]))
    var rows: [String]

    @Option(help: "Epochs of each run (default: as published).") var epochs: Int?
    @Option(help: "Seeds: 0..4, or 0,3,7.") var seeds = Seeds([0])
    @Option(help: "Stop after this time, with a checkpoint: 90s, 30m or 2h.") var budget: TimeLimit?
    @Option(
        help: "Folder in which the runs are.", completion: .directory, transform: pathArgument)
    var runsDir = "runs/reproduce"
    @OptionGroup var place: DataFolderOptions
    @Option(help: "Use only this many training samples, for a quick look.") var limitTrain: Int?
    @Option(help: "Use only this many test samples, for a quick look.") var limitTest: Int?
    @Flag(help: "Train nothing: print what the runs that are there have reached.") var report =
        false
    @Flag(help: "Print one JSON object.") var json = false
    @OptionGroup var selection: BackendOptions

    private var listsRows: Bool { rows == ["ls"] }

    func validate() throws {
        try requireWithinBounds(
            ("epochs", epochs), ("limit-train", limitTrain), ("limit-test", limitTest))
        if !listsRows { _ = try PublishedRow.named(rows) }
    }

    func run() throws {
        guard !listsRows else { return try list() }
        var settings = Reproduction.Settings(
            runsDirectory: runsDir, dataDirectory: place.dataDirectory, epochs: epochs,
            limitTrain: limitTrain, limitTest: limitTest, device: [])
        var device = RunConfiguration()
        selection.record(in: &device)
        settings.device = device.arguments(of: ResumedRun.deviceKeys, besides: GivenFlags([]))

        let chosen = try PublishedRow.named(rows).map { row in
            (
                problem: row.problem(dataDirectory: place.dataDirectory),
                runs: seeds.values.map { Reproduction(row: row, seed: $0, settings: settings) }
            )
        }
        var ended: (any Error)?
        if !report {
            do {
                try train(chosen.filter { $0.problem == nil }.flatMap(\.runs))
            } catch { ended = error }
        }
        let table = ReproductionTable(
            lines: chosen.map { ReproductionTable.Line($0.runs, problem: $0.problem) })
        if json {
            Console.result(try LLSCommands.json(table))
        } else {
            table.text.forEach(Console.result)
        }
        if let ended { throw ended }
        guard chosen.contains(where: { $0.problem == nil }) else {
            throw NoDataError(names: Set(chosen.compactMap(\.runs.first?.row.experiment.dataset)))
        }
    }

    /// All runs, seed by seed, so that every row has a result early.
    private func train(_ runs: [Reproduction]) throws {
        let end = budget.map { ContinuousClock.now + $0.duration }
        var failure: (any Error)?
        for seed in seeds.values {
            for run in runs where run.seed == seed {
                switch run.state {
                case .done, .diverged, .running: continue
                case .none, .resumable: break
                }
                let left = end.map { Int(($0 - ContinuousClock.now) / .seconds(1)) }
                if let left, left < 1 { throw BudgetEnded() }
                Console.note("row      \(run.row.id), seed \(seed), \(run.epochs) epochs")
                do { try run.train(budget: left) } catch let stopped as StoppedRun {
                    throw stopped.request.signal == nil ? BudgetEnded() : stopped
                } catch is RunInUseError {
                    continue
                } catch {
                    // The other rows may do better.
                    failure = failure ?? error
                    Console.note("note: \(run.row.id), seed \(seed): \(error)")
                }
            }
        }
        if let failure { throw failure }
    }

    private func list() throws {
        let rows = try PublishedRow.all().map { row in
            (row: row, problem: row.problem(dataDirectory: place.dataDirectory))
        }
        if json {
            for (row, problem) in rows {
                Console.result(try LLSCommands.json(Listed(row, problem: problem)))
            }
            return
        }
        var table = TextTable(
            ["row", "data set", "model", "rule", "epochs", "batch", "note"], numbers: [4, 5])
        for (row, problem) in rows {
            let experiment = row.experiment
            table.add([
                row.id, experiment.dataset, experiment.model, row.rule, "\(experiment.epochs)",
                "\(experiment.batchSize)", problem ?? "",
            ])
        }
        table.lines.forEach(Console.result)
    }

    private struct Listed: Encodable {
        let row, dataset, model, rule: String
        let waveform: String?
        let epochs, batch_size: Int
        /// What `lls` is called with.
        let arguments: [String]
        let problem, note: String?

        init(_ row: PublishedRow, problem: String?) {
            let experiment = row.experiment
            self.row = row.id
            dataset = experiment.dataset
            model = experiment.model
            rule = experiment.rule
            waveform = experiment.waveform
            epochs = experiment.epochs
            batch_size = experiment.batchSize
            arguments = ["train"] + experiment.arguments
            note = experiment.note
            self.problem = problem
        }
    }
}
