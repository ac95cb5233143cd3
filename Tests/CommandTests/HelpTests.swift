import Foundation
import TestSupport
import Testing

/// What help and completion offer.
struct HelpTests {
    @Test func helpListsTheNamesThatAnOptionTakes() throws {
        let outcome = try Program.run(["train", "--help"])
        #expect(outcome.status == 0 && outcome.errors.isEmpty)
        let words = outcome.output.split { $0.isWhitespace }.joined(separator: " ")
        for part in [
            "LLS_MxM_reduced", "LLS_MobileNetV1_small", "values: SGD, Adam, AdamW, AdamWSF, SGDSF",
            "values: MultiStepLR, ReduceLROnPlateau, none; default: ReduceLROnPlateau",
            "values: cosine, square; default: cosine", "values: auto, register, local",
            "values: automatic, direct, winograd2, winograd4", "values: auto, opencl, cpu",
        ] {
            #expect(words.contains(part), "\(part)")
        }
    }

    @Test func namesMatchWithoutRegardToCaseAndDashes() throws {
        let data = try TemporaryFolder()
        try TinyData.write(to: data.url)
        let outcome = try Program.run([
            "train", "--dry-run", "--backend", "CPU", "--data-dir", data.path, "--rule", "lls-mxm",
            "--model", "lls-smallconv", "--optimizer", "adam_w_s_f", "--lr-scheduler",
            "multi-step-lr", "--waveform", "SQUARE", "--pool", "avg", "--progress", "Plain",
            "--convolution", "Winograd_2", "--tuning", "OFF", "--kernel-engine", "Local",
        ])
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.output.contains("rule LLS_MxM  optimizer AdamWSF"))
    }

    @Test func completionOffersNamesAndFiles() throws {
        let script = try Program.run(["--generate-completion-script", "bash"]).output
        for part in ["LLS_MxM_reduced", "LLS_VGG8", "AdamWSF", "MultiStepLR", "winograd4"] {
            #expect(script.contains(part), "\(part)")
        }
        // Paths are completed by the shell's own means.
        let paths = [("'--init')", "-f"), ("'--trace')", "-f"), ("'--runs-dir'", "-d")]
        for (option, kind) in paths {
            let at = try #require(script.range(of: "\n    \(option)"), "\(option)")
            let lines = script[at.upperBound...].split(separator: "\n")
            let offers = "__lls_add_completions \(kind)"
            #expect(lines.prefix(2).contains { $0.contains(offers) }, "\(option)")
        }
    }

    @Test(arguments: [
        ["--help"], ["help"], ["help", "train"], ["help", "data", "get"],
        ["data", "get", "--help"],
        ["--version"], ["bench", "--help"],
    ])
    func helpIsAResult(arguments: [String]) throws {
        let outcome = try Program.run(arguments)
        #expect(outcome.status == 0 && !outcome.output.isEmpty && outcome.errors.isEmpty)
    }

    /// A value that begins with a dash may still be a name, after `=`.
    @Test func numbersBelow0AreValues() throws {
        for arguments in [["--weight-decay", "-0"], ["--weight-decay=-0.0"]] {
            let data = try TemporaryFolder()
            try TinyData.write(to: data.url)
            let outcome = try Program.run(
                ["train", "--dry-run", "--backend", "cpu", "--data-dir", data.path] + arguments)
            #expect(outcome.status == 0, "\(outcome)")
        }
    }
}
