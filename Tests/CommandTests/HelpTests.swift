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

    /// Bash itself completes commands, names, networks in files, and paths.
    @Test func bashCompletesNamesAndPaths() throws {
        let folder = try TemporaryFolder()
        let script = try Program.run(["--generate-completion-script", "bash"])
        let path = try folder.put(Array(script.output.utf8), as: "completions")
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let programs = Program.path.deletingLastPathComponent().path(percentEncoded: false)
        let outcome = try Program.run(
            [path], environment: ["PATH": "\(programs):/usr/bin:/bin"],
            executable: root.appending(path: "Scripts/check_completion"))
        #expect(outcome.status == 0, "\(outcome)")
    }

    @Test func versionNamesTheCommitAndTheLibraries() throws {
        // No OpenCL is needed for it.
        let outcome = try Program.run(
            ["--version"], environment: ["OCL_ICD_VENDORS": "/nonexistent"])
        #expect(outcome.status == 0 && outcome.errors.isEmpty)
        let lines = outcome.output.split(separator: "\n")
        let first = try #require(lines.first)
        let form = /lls \d+\.\d+\.\d+( \([0-9a-f]{12}(\+changes)?\))?/
        #expect(first.wholeMatch(of: form) != nil, "\(first)")
        let libraries = ["OpenBLAS", "libspng", "libarchive", "libcurl", "OpenSSL", "zlib"]
        for library in libraries {
            #expect(
                lines.contains { $0.hasPrefix(library) && $0.contains(/\d+\.\d+/) }, "\(library)")
        }
        #expect(lines.contains { $0.contains(/Swift \d+\.\d+/) })
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
