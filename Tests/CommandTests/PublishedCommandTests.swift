import Experiments
import Foundation
import TestSupport
import Testing

/// The command lines that the paper's results were made with, behind `lls train`.
struct PublishedCommandTests {
    @Test func thereAreFiftyEight() throws {
        let experiments = try Experiment.published()
        #expect(experiments.count == 58)
        #expect(Set(experiments.map(\.table)) == ["Table 1", "Table 2", "Table 3"])
    }

    /// Where there is no data, the plan ends at the missing path; all that comes before is right.
    @Test func everyOneParsesAndNamesTheDataItLacks() throws {
        let empty = try TemporaryFolder()
        for experiment in try Experiment.published() where experiment.dataset != "FashionMNIST" {
            let outcome = try Program.run(
                ["train", "--dry-run", "--backend", "cpu"] + experiment.arguments
                    + ["--experiment-name", experiment.table.filter { $0 != " " }],
                environment: ["HOME": empty.url.path(), "LLS_DATA": ""], in: empty.url)
            #expect(outcome.status == 66, "\(experiment.arguments): \(outcome)")
            #expect(outcome.errors.contains(empty.url.path()), "\(outcome.errors)")
            #expect(outcome.output.isEmpty)
        }
    }

    @Test func everyPlanIsPrintedWhereTheDataIsThere() throws {
        let data = try TemporaryFolder()
        try TinyData.write(to: data.url)
        for experiment in try Experiment.published() where experiment.dataset == "FashionMNIST" {
            let outcome = try Program.run(
                ["train", "--dry-run", "--backend", "cpu", "--data-dir", data.url.path()]
                    + experiment.arguments)
            #expect(outcome.status == 0, "\(experiment.arguments): \(outcome)")
            for part in [experiment.model, experiment.rule, "parameters", "planned"] {
                #expect(outcome.output.contains(part), "\(outcome.output)")
            }
        }
    }

    @Test func theOptimizerThatWasNeverThereIsExplained() throws {
        let outcome = try Program.run(["train", "--optimizer", "AdamWSF3", "--dry-run"])
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("Did you mean 'AdamWSF'"))
    }

    /// Every flag of the published program, with a value that is not its default.
    @Test func everyPublishedFlagIsTaken() throws {
        let data = try TemporaryFolder()
        try TinyData.write(to: data.url)
        let outcome = try Program.run([
            "train", "--dry-run", "--backend", "cpu", "--save-path", "./elsewhere", "--dataset",
            "FashionMNIST", "--dataset-dir", data.url.path(), "--model", "LLS_SmallConvL",
            "--num-epochs", "3", "--lr", "0.01", "--training-mode", "LLS_MxM_reduced", "--waveform",
            "square", "--batch-size", "64", "--test-batch-size", "64", "--weight-decay", "0.001",
            "--momentum", "0.8", "--pool", "AVG", "--optimizer", "SGD", "-m", "2", "4", "--gamma",
            "0.5", "--print-freq", "10", "--experiment-name", "Mine", "--lr-scheduler",
            "ReduceLROnPlateau", "--save-best-model", "--classes-per-batch", "5", "--patience", "7",
            "--temperature", "0.7", "--label-smoothing", "0.1", "--dropout", "0.2",
            "--record-gpu-mem",
        ])
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.output.contains("LLS_SmallConvL"))
    }
}
