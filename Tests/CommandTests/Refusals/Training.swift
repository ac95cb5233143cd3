import Foundation
import TestSupport

extension RefusalTests {
    private static func train(_ arguments: String..., mention: String) -> Refusal {
        Refusal(["train"] + arguments, 64, mention)
    }

    /// A golden case with some of its settings changed.
    private static func conformance(
        _ mention: String, _ change: @escaping @Sendable (inout [String: Any]) -> Void
    ) -> Refusal {
        Refusal(["conformance", "--backend", "cpu", "case.json"], 65, mention) { folder in
            let golden = URL(filePath: #filePath).deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent()
                .appending(path: "Fixtures/golden/smallconv-lls.json")
            var object =
                try JSONSerialization.jsonObject(with: Data(contentsOf: golden)) as? [String: Any]
                ?? [:]
            var settings = object["case"] as? [String: Any] ?? [:]
            change(&settings)
            object["case"] = settings
            try JSONSerialization.data(withJSONObject: object)
                .write(to: folder.appending(path: "case.json"))
        }
    }

    static let training: [Refusal] =
        numbers + names + effects + sizes + cases + networks + resuming

    private static let numbers = [
        train("--lr", "-1", mention: "--lr: -1.0 is not allowed"),
        train("--lr", "-1e-3", mention: "greater than 0"),
        train("--lr", "-inf", mention: "greater than 0"),
        train("--lr", "1e-46", mention: "float32"),
        train("--lr", "1e39", mention: "float32"),
        train("--weight-decay", "-0.1", mention: "--weight-decay"),
        train("--weight-decay", "1e39", mention: "float32"),
        train("--temperature", "1e-46", mention: "--temperature"),
        train("--temperature", "1e60", mention: "--temperature"),
        train("--label-smoothing", "0.99999999999", mention: "--label-smoothing"),
        train("--dropout", "0.99999999999", mention: "--dropout"),
        train("--dropout", "1e-60", mention: "--dropout"),
        train("--gamma", "1e-46", mention: "--gamma"),
        train("--gamma", "1", mention: "below 1 (with ReduceLROnPlateau)"),
        train("--seed", "-1", mention: "--seed"),
        train("--seed", "18446744073709551616", mention: "--seed"),
        train("--milestones", "-5", mention: "--milestones"),
        train("--milestones", "9", "9", mention: "rising"),
        train("--epochs", "4611686018427387904", mention: "at most 1000000"),
        train("--epochs", "99999999999999999999", mention: "--epochs"),
        train("--batch-size", "1000000000000", mention: "at most 16777216"),
        train("--batch-size", "-9223372036854775808", mention: "at least 2"),
        train("--test-batch-size", "9000000000000", mention: "at most 16777216"),
        train("--report-every", "9223372036854775807", mention: "--report-every"),
        train("--report-every", "0", mention: "--report-every"),
        train("--threads", "10000", mention: "at most 1024"),
        train("--patience", "-1", mention: "--patience"),
        train("--warmup-steps", "-1", mention: "--warmup-steps"),
        train("--max-steps", "0", mention: "--max-steps"),
        train("--classes-per-batch", "-3", mention: "--classes-per-batch"),
        train("--optimizer", "SGDSF", "--momentum", "0", mention: "--momentum"),
        train("--optimizer", "SGDSF", "--momentum", "1e-60", mention: "--momentum"),
        train("--optimizer", "SGD", "--momentum", "1", mention: "--momentum"),
        train("--optimizer", "SGD", "--momentum", "0", "--nesterov", mention: "Nesterov"),
    ]

    private static let names = [
        train("--rule", "LLZ", mention: "unknown learning rule 'LLZ'. Did you mean 'LLS'?"),
        train("--model", "foo", mention: "Known: LLS_SmallConv"),
        train("--progress", "jsn", mention: "Did you mean 'json'?"),
        train("--pool", "MEAN", mention: "unknown pooling"),
        train("--bad-images", "ignore", mention: "Known: error, skip"),
        train("--lr-scheduler", "plateau", mention: "ReduceLROnPlateau"),
        train("--tuning", "on", mention: "unknown tuning mode 'on'"),
        train("--augment", "mirror", mention: "Known: default, none, flip, crop, standard"),
        train("--track", "tensorbord", mention: "Did you mean 'tensorboard'?"),
        train("--track", "mlflow=sqlite:///m.db", mention: "must begin with http://"),
        train("--track", "none", "--track", "tensorboard", mention: "with no other tracker"),
        Refusal(["runs", "push", "--track", "tensorboard"], 64, "mlflow=URL"),
        Refusal(["runs", "push", "none"], 66, "no such folder"),
        Refusal(["runs", "push"], 66, "runs"),
        train("--new-head", mention: "no effect without --init"),
        train("--image-size", "0", mention: "--image-size: invalid size '0'"),
        train("--image-size", "64x", mention: "--image-size: invalid size '64x'"),
        train("--mean", "1,x", mention: "--mean: invalid numbers '1,x'"),
        train("--mean", "0.1,0.2", mention: "--mean: 2 numbers for 1 channels"),
        train("--std", "0", mention: "--std: 0.0 is not allowed"),
        train("--channels", "2", mention: "--channels: 2 is not allowed"),
        train("--val-split", "0.2", mention: "FashionMNIST has a test split of its own"),
        train("--freeze", "-1", mention: "--freeze"),
        train("--val-split", "1", mention: "--val-split"),
        train("--erase", "2", mention: "--erase"),
        train("--from", "3", mention: "Unknown option '--from'\n"),
        train("--batchsize", "3", mention: "Did you mean '--batch-size'?"),
        train("--lr", mention: "Missing value for '--lr"),
        Refusal(["guess", "x"], 64, "unknown command 'lls guess'"),
        Refusal(["help", "guess"], 64, "unknown command 'lls guess'"),
        Refusal(["help", "trian"], 64, "Did you mean 'train'?"),
        Refusal(["help", "data", "gte"], 64, "Did you mean 'get'?"),
        Refusal(["data", "gte"], 64, "See 'lls data --help'"),
        Refusal(["bench", "gemn"], 64, "Did you mean 'gemm'?"),
        Refusal(["bench", "conv", "--pass", "forwrd"], 64, "Did you mean 'forward'?"),
    ]

    /// A network file that cannot be read, or that no network can be made of.
    private static let networks = [
        network("convolution: {chanels: 32, pool: 4}", "column 19: 'chanels': unknown key"),
        network("convolution: {channels: 32}", "'pool': this key is missing"),
        network("maxPool: 2", "it takes no settings"),
        network("convolutoin: {channels: 32, pool: 4}", "did you mean 'convolution'?"),
        network("linear: {features: 8, pool: 8}", "linear_block1"),
        network("residual: {layers: [{channels: 8}], shortcut: identity, pool: 2}", "res_block1"),
        network("convolution: {channels: 8, kernel: 90, padding: 0, pool: 2}", "conv_block1"),
        Refusal(["train", "--backend", "cpu", "--model", "none.yaml"], 66, "none.yaml"),
        Refusal(["train", "--backend", "cpu", "--model", "net.yaml"], 78, "LLS_VGG8") {
            try Data("name: LLS_VGG8\nstages: [maxPool]\n".utf8)
                .write(to: $0.appending(path: "net.yaml"))
        },
        Refusal(["profile", "--backend", "cpu", "--model", "net.yaml"], 78, "the file is empty") {
            try Data().write(to: $0.appending(path: "net.yaml"))
        },
    ]

    private static func network(_ stage: String, _ mention: String) -> Refusal {
        Refusal(["train", "--backend", "cpu", "--model", "net.yaml"], 78, mention) { folder in
            try TinyData.write(to: folder)
            try Data("name: Net\nstages:\n  - \(stage)\n".utf8)
                .write(to: folder.appending(path: "net.yaml"))
        }.with(["LLS_DATA": "."])
    }

    private static let resuming = [
        Refusal(["train", "--resume", "none"], 66, "config.yaml"),
        Refusal(["train", "--resume", "."], 66, "config.yaml"),
        train("--allow-change", mention: "--resume"),
        train("--save-every", "1x", mention: "--save-every"),
        train("--save-every", "0e", mention: "--save-every"),
        train("--save-every", "1e,2e", mention: "--save-every"),
        train("--save-every", "", mention: "--save-every"),
        train("--keep", "0", mention: "--keep must be at least 1"),
        train("--max-time", "5", mention: "--max-time"),
        train("--max-time", "-5s", mention: "--max-time"),
        train("--max-time", "99999999999999999999h", mention: "--max-time"),
    ]

    private static let effects = [
        train("--backend", "cpu", "--device", "0:0", mention: "--device"),
        Refusal(
            ["train", "--trace", "traces"], 73, "traces",
            prepare: {
                try FileManager.default.createDirectory(
                    at: $0.appending(path: "traces"), withIntermediateDirectories: false)
            }),
        Refusal(["profile", "--trace", "."], 73, "directory"),
    ]

    private static let sizes = [
        Refusal(["profile", "--batch", "9000000000000"], 64, "--batch"),
        Refusal(["profile", "--input", "65536x65536x65536"], 64, "too large"),
        Refusal(["profile", "--input", "3x-5x5"], 64, "--input"),
        Refusal(["profile", "--classes", "-1"], 64, "--classes"),
        Refusal(["tune", "--input", "65536x65536x65536"], 64, "too large"),
        Refusal(["tune", "--budget", "1e300"], 64, "--budget"),
        Refusal(["bench", "step", "--steps", "99999999999"], 64, "--steps"),
        Refusal(["bench", "gemm", "--m", "4000000000"], 64, "--m"),
        Refusal(["bench", "gemm", "--repetitions", "0"], 64, "--repetitions"),
        Refusal(
            [
                "bench", "gemm", "--backend", "cpu", "--m", "16000000", "--n", "16000000", "--k",
                "1",
            ], 71, "out of memory"),
        Refusal(
            [
                "bench", "conv", "--input", "65536x65536x65536", "--out", "65536", "--batch",
                "1000000",
            ], 64, "too large"),
        Refusal(
            [
                "bench", "conv", "--backend", "cpu", "--input", "65536x65536x1", "--out", "65536",
                "--batch", "1",
            ], 71, "out of memory"),
        Refusal(["bench", "conv", "--stride", "99999999"], 64, "--stride"),
        Refusal(["bench", "data", "--threads", "40000"], 64, "at most 1024"),
        Refusal(["bench", "data", "--batch", "9000000000000"], 64, "--batch"),
        Refusal(["bench", "data", "--seconds", "-1"], 64, "--seconds"),
    ]

    private static let cases = [
        conformance("batch 9223372036854775807") { $0["batch"] = Int.max },
        conformance("batch -1") { $0["batch"] = -1 },
        conformance("4611686018427387904 classes") { $0["classes"] = 1 << 62 },
        conformance("input") { $0["input"] = "3x65536x65536" },
        conformance("input") { $0["input"] = "3x8" },
        conformance("case.json cannot be run") { $0["input"] = "3x1x1" },
        conformance("1000000000000 steps") { $0["steps"] = 1_000_000_000_000 },
        conformance("-3 steps") { $0["steps"] = -3 },
        conformance("lr") { $0["lr"] = -5 },
        conformance("temperature") { $0["temperature"] = 0 },
        conformance("case.json") { $0["seed"] = -1 },
        conformance("'case.lr' has another type") { $0["lr"] = "fast" },
        conformance("'optimizer' is missing") { $0["optimizer"] = nil },
        conformance("unknown name 'foo'") { $0["model"] = "foo" },
        conformance("momentum") {
            ($0["optimizer"], $0["momentum"]) = ("SGDSF", 0)
        },
    ]
}
