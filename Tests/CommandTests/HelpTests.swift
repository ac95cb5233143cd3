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

    /// Fish and zsh, where they are installed, read their scripts; fish completes by itself.
    @Test func fishAndZshTakeTheirScripts() throws {
        let folder = try TemporaryFolder()
        let programs = Program.path.deletingLastPathComponent().path(percentEncoded: false)
        _ = try folder.put(Array("lr: 1\n".utf8), as: "mine.yaml")
        for (shell, check) in [("fish", "--no-execute"), ("zsh", "-n")] {
            let script = try Program.run(["--generate-completion-script", shell])
            #expect(script.status == 0)
            for option in ["---completion train -- --config", "---completion train -- --device"] {
                #expect(script.output.contains(option), "\(shell): \(option)")
            }
            let file = try folder.put(Array(script.output.utf8), as: "completions")
            let program = URL(filePath: "/usr/bin/\(shell)")
            guard FileManager.default.isExecutableFile(atPath: program.path()) else { continue }
            let read = try Program.run([check, file], executable: program)
            #expect(read.status == 0 && read.errors.isEmpty, "\(shell): \(read)")
            guard shell == "fish" else { continue }
            for (line, expected) in [
                // What fish asks the program for, it asks only where somebody types.
                ("train --rule LLS_M", "LLS_MxM"), ("optimizers ", "ls"),
                ("config show --no-n", "--no-nesterov"),
            ] {
                let offered = try Program.run(
                    ["-c", "source \(file); complete -C 'lls \(line)'"],
                    environment: ["PATH": "\(programs):/usr/bin:/bin", "HOME": folder.path],
                    in: folder.url, executable: program)
                #expect(offered.output.contains(expected), "\(line): \(offered)")
            }
        }
    }

    @Test func makeHelpListsEveryTarget() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "Makefile"), encoding: .utf8)
        let targets = text.split(separator: "\n").compactMap { line in
            line.prefixMatch(of: /([a-z][a-z-]*):(?!=)/).map { String($0.1) }
        }
        #expect(targets.count > 15)
        let help = try Program.run(
            ["-C", root.path(), "help"], executable: URL(filePath: "/usr/bin/make"))
        #expect(help.status == 0, "\(help)")
        for target in targets { #expect(help.output.contains("make \(target) "), "\(target)") }
    }

    /// What manual pages are made of has every command, and no probe of the program's own.
    @Test func everyCommandIsInTheDumpForManualPages() throws {
        let dump = try Program.run(["--experimental-dump-help"])
        for command in ["config", "doctor", "models", "rules", "optimizers"] {
            #expect(dump.output.contains(#""commandName" : "\#(command)""#), "\(command)")
            let help = try Program.run(["help", command])
            #expect(help.status == 0 && help.output.contains("Example: lls \(command)"))
            #expect(!help.output.contains("--probe"))
        }
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
