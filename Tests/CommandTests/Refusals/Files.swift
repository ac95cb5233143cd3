import Foundation
import TestSupport

/// Paths, files, streams and environments that nothing can be made of.
extension RefusalTests {
    static let files: [Refusal] = outputs + runFolders + configurations + environments

    private static let dump = ["data", "dump", "--data-dir", ".", "--out"]
    private static let train = ["train", "--backend", "cpu", "--data-dir", "."]

    private static let tinyData: @Sendable (URL) throws -> Void = { try TinyData.write(to: $0) }

    private static let outputs = [
        Refusal(dump + [""], 64, "empty", prepare: tinyData),
        Refusal(dump + ["."], 73, "directory", prepare: tinyData),
        Refusal(dump + ["none/f"], 73, "none/f", prepare: tinyData),
        Refusal(dump + ["t10k-images-idx3-ubyte/f"], 73, "not a directory", prepare: tinyData),
        Refusal(
            dump + [String(repeating: "n", count: 300)], 73, "too long", prepare: tinyData),
        Refusal(dump + ["loop"], 73, "loop") { folder in
            try TinyData.write(to: folder)
            symlink("loop", folder.path() + "/loop")
        },
        Refusal(dump + ["a\u{1B}[2Jb/f"], 73, "$'a\\x1b[2Jb/f'", prepare: tinyData),
        Refusal(dump + ["a\nb\nc\nd/f"], 73, "$'a\\nb\\nc\\nd/f'", prepare: tinyData),
        Refusal(dump + ["f"], 74, "too large", shell: "ulimit -f 2;", prepare: tinyData),
        Refusal(train + ["--trace", "none/t"], 73, "none/t", prepare: tinyData),
        Refusal(train + ["--trace", ""], 64, "empty"),
        Refusal(["conformance", "--backend", "cpu", ""], 64, "empty"),
        Refusal(["data", "ls", "--json"], 74, "standard output", shell: "exec 1<.;"),
    ]

    private static let runFolders = [
        Refusal(train + ["--runs-dir", ""], 64, "empty", prepare: tinyData),
        Refusal(train + ["--runs-dir=t10k-images-idx3-ubyte"], 73, "t10k", prepare: tinyData),
        Refusal(train + ["--runs-dir=t10k-images-idx3-ubyte/r"], 73, "t10k", prepare: tinyData),
        Refusal(
            train + ["--runs-dir", String(repeating: "d/", count: 5000)], 73, "too long",
            prepare: tinyData),
        Refusal(train + ["--runs-dir", "pipe"], 73, "pipe") { folder in
            try TinyData.write(to: folder)
            mkfifo(folder.path() + "/pipe", 0o666)
        },
        Refusal(train + ["--runs-dir", "r", "--name", "a/b"], 78, "a/b", prepare: tinyData),
        Refusal(train + ["--runs-dir", "r", "--name", ".."], 78, "name", prepare: tinyData),
        Refusal(train + ["--runs-dir", "r", "--name", ""], 78, "name", prepare: tinyData),
        Refusal(
            train + ["--runs-dir", "r", "--name", String(repeating: "n", count: 300)], 73,
            "too long", prepare: tinyData),
        Refusal(["eval", "--backend", "cpu", "none"], 66, "none"),
        Refusal(["eval", "--worst", "0", "none"], 64, "--worst must be at least 1"),
        Refusal(["predict", "none", "picture.png"], 66, "none"),
        Refusal(["predict", "none"], 64, "path"),
        Refusal(["predict", "--json", "--csv", "none", "p.png"], 64, "together"),
        Refusal(["predict", "--top", "0", "none", "p.png"], 64, "--top must be at least 1"),
        Refusal(["predict", "--batch-size", "0", "none", "p.png"], 64, "--batch-size"),
        Refusal(["predict", "--dataset", "CIFAR11", "none", "p.png"], 64, "CIFAR10"),
        Refusal(["eval", "--backend", "cpu", "empty"], 66, "config.yaml") { folder in
            try FileManager.default.createDirectory(
                atPath: folder.path() + "/empty", withIntermediateDirectories: true)
        },
    ]

    /// A run folder with this `config.yaml`.
    private static func run(
        _ status: Int32, _ mention: String, _ configuration: String
    ) -> Refusal {
        Refusal(["eval", "--backend", "cpu", "run"], status, mention) { folder in
            let run = folder.appending(path: "run")
            try FileManager.default.createDirectory(at: run, withIntermediateDirectories: true)
            try Data(configuration.utf8).write(to: run.appending(path: "config.yaml"))
        }
    }

    /// Fifty lines of 2⁵⁰ nodes.
    private static let aliases: String = {
        let levels = (1...50).map { "a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1)]\n" }
        return "a0: &a0 x\n" + levels.joined() + "? *a50\n: 1\n"
    }()

    private static let configurations = [
        run(
            78, "line 2, column 1: 'modle': unknown key, did you mean 'model'",
            "epochs: 1\nmodle: LLS_VGG8\n"
        ),
        run(
            78, "line 2, column 8: 'model': unknown model 'LLS_VG8'", "epochs: 1\nmodel: LLS_VG8\n"),
        run(78, "did you mean 'LLS_MxM'", "rule: LLS_MxN\n"),
        run(78, "did you mean 'FashionMNIST'", "dataset: FashonMNIST\n"),
        run(
            78, "line 1, column 9: 'epochs': invalid value 'x': expected a whole number",
            "epochs: x\n"),
        run(
            78, "written by a newer lls: format 2, this one reads up to 1", "format: 2\nx: [[1]]\n"),
        run(78, "lists inside lists", String(repeating: "[", count: 50_000)),
        run(78, "aliases", aliases),
        Refusal(["eval", "--backend", "cpu", "run"], 78, "not UTF-8") { folder in
            let run = folder.appending(path: "run")
            try FileManager.default.createDirectory(at: run, withIntermediateDirectories: true)
            try Data([0x6C, 0x72, 0x3A, 0x20, 0xE9]).write(to: run.appending(path: "config.yaml"))
        },
        Refusal(["eval", "--backend", "cpu", "run"], 78, "a configuration has at most") { folder in
            let run = folder.path() + "/run"
            try FileManager.default.createDirectory(
                atPath: run, withIntermediateDirectories: true)
            try Data().write(to: URL(filePath: run + "/config.yaml"))
            truncate(run + "/config.yaml", 20 << 30)
        },
        Refusal(["eval", "--backend", "cpu", "run"], 66, "not a regular file") { folder in
            try FileManager.default.createDirectory(
                atPath: folder.path() + "/run/config.yaml", withIntermediateDirectories: true)
        },
        Refusal(["eval", "--backend", "cpu", "run"], 66, "not a regular file") { folder in
            try FileManager.default.createDirectory(
                atPath: folder.path() + "/run", withIntermediateDirectories: true)
            mkfifo(folder.path() + "/run/config.yaml", 0o666)
        },
    ]

    private static let gemm = ["bench", "gemm", "--backend", "opencl"]

    private static let environments = [
        Refusal(["train", "--dry-run"], 78, "LLS_TUNING", environment: ["LLS_TUNING": "ato"]),
        Refusal(gemm, 78, "LLS_TUNING", environment: ["LLS_TUNING": "on"]),
        Refusal(
            gemm, 78, "LLS_OPENCL_MEMORY_LIMIT", environment: ["LLS_OPENCL_MEMORY_LIMIT": "1GB"]),
        Refusal(
            gemm, 78, "LLS_OPENCL_GROUP_LIMIT", environment: ["LLS_OPENCL_GROUP_LIMIT": "-1"]),
        Refusal(
            ["data", "get", "CIFAR10", "--data-dir", "d"], 78, "LLS_MIRROR",
            environment: ["LLS_MIRROR": "ftp://server"]),
        Refusal(gemm, 69, "cache", environment: ["POCL_CACHE_DIR": "/proc"]),
        Refusal(gemm, 69, "cache", environment: ["POCL_CACHE_DIR": "/etc/passwd/x"]),
        Refusal(
            ["data", "get", "CIFAR10", "--offline", "--data-dir", "d"], 66, "cifar-10-binary"),
        Refusal(["data", "get", "CIFAR10", "--data-dir", ""], 64, "empty"),
    ]
}
