import Foundation
import TestSupport
import Testing

/// A flag that changes nothing is taken, and said to.
struct FlagEffectTests {
    @Test(arguments: [
        (["--rule", "BP", "--waveform", "square"], ["--waveform has no effect with BP"]),
        (["--rule", "LocalLosses", "--waveform", "square"], ["--waveform has no effect"]),
        (
            ["--training-mode", "DFA", "--temperature", "0.7", "--label-smoothing", "0.1"],
            [
                "--temperature has no effect with DFA", "--label-smoothing has no effect with DFA",
            ]
        ),
        (
            ["--optimizer", "Adam", "--momentum", "0.5", "--nesterov", "--warmup-steps", "3"],
            [
                "--momentum has no effect with Adam", "--nesterov has no effect with Adam",
                "--warmup-steps has no effect with Adam",
            ]
        ),
        (["--optimizer=SGD", "--warmup-steps=3"], ["--warmup-steps has no effect with SGD"]),
        (["--optimizer", "SGDSF", "--nesterov"], ["--nesterov has no effect with SGDSF"]),
        (
            ["-m", "2", "--patience", "3", "--lr-scheduler", "none", "--gamma", "0.5"],
            [
                "-m has no effect with --lr-scheduler none",
                "--gamma has no effect with --lr-scheduler none",
                "--patience has no effect with --lr-scheduler none",
            ]
        ),
        (["--patience", "7"], ["--patience has no effect in 5 epochs"]),
        (
            ["--lr-scheduler", "MultiStepLR", "--milestones", "9"],
            ["--milestones has no effect in 5 epochs"]
        ),
        (["--kernel-engine", "local"], ["--kernel-engine has no effect with the CPU backend"]),
        (["--tuning", "off"], ["--tuning has no effect with the CPU backend"]),
        (["--classes-per-batch", "5"], ["--classes-per-batch has no effect"]),
        (["--record-gpu-mem"], ["--record-gpu-mem has no effect"]),
        (
            ["--model", "DRTP_SmallConv", "--rule", "DRTP", "--dropout", "0.1"],
            ["--dropout has no effect with DRTP_SmallConv"]
        ),
        // These count, or were not given.
        (["--waveform", "square", "--temperature", "0.7"], []),
        (["--optimizer", "SGD", "--momentum", "0.5", "--nesterov"], []),
        (["--optimizer", "AdamWSF", "--warmup-steps", "3"], []),
        (["--lr-scheduler", "MultiStepLR", "--milestones", "2", "--gamma", "0.5"], []),
        (["--patience", "1", "--gamma", "0.5"], []),
        (["--dropout", "0.1", "--pool", "AVG", "--threads", "1"], []),
        (["--convolution", "winograd4"], []), (["--rule", "BP", "--optimizer", "Adam"], []),
    ])
    func itIsNamed(arguments: [String], notes: [String]) throws {
        let data = try TemporaryFolder()
        try TinyData.write(to: data.url)
        let outcome = try Program.run(
            ["train", "--dry-run", "--backend", "cpu", "--data-dir", data.path] + arguments)
        #expect(outcome.status == 0, "\(outcome)")
        let found = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("note     -") }
        #expect(found.count == notes.count, "\(outcome.errors)")
        for note in notes {
            #expect(found.contains { $0.hasPrefix("note     \(note)") }, "\(outcome.errors)")
        }
    }

    @Test func flagsOfTheOtherBackendAreNamedEverywhere() throws {
        let gemm = ["bench", "gemm", "--m", "4", "--n", "4", "--k", "4", "--repetitions", "1"]
        let onCPU = try Program.run(
            gemm + ["--backend", "cpu", "--tuning", "off", "--convolution", "direct"])
        #expect(onCPU.status == 0, "\(onCPU)")
        #expect(onCPU.errors.contains("--tuning has no effect with the CPU backend"))
        #expect(onCPU.errors.contains("--convolution has no effect"))
        let onDevice = try Program.run(gemm + ["--backend", "opencl", "--threads", "1"])
        #expect(onDevice.errors.contains("--threads has no effect with OpenCL"), "\(onDevice)")
    }
}
