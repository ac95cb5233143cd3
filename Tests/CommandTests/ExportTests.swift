import FileFormats
import Foundation
import LocalLearning
import ONNX
import TestSupport
import Testing

/// `export` and `inspect` on a run and its files, and on files of others.
struct ExportTests {
    private let root: TemporaryFolder
    private let run: String

    init() throws {
        root = try TemporaryFolder()
        try TinyPictures.write(to: root.path + "/own", classes: ["box", "sea star", "zebra"])
        let outcome = try Program.run(
            [
                "train", "--backend", "cpu", "--dataset", "folder:own", "--runs-dir", "runs",
                "--name", "r", "--epochs", "1", "--batch-size", "6", "--test-batch-size", "6",
                "--progress", "none", "--rule", "LLS_MxM",
            ], in: root.url)
        try #require(outcome.status == 0, "\(outcome)")
        run = try #require(outcome.value("run"))
    }

    private func lls(_ arguments: String..., shell: String? = nil) throws -> Program.Outcome {
        try Program.run(arguments, in: root.url, shell: shell)
    }

    private func report(_ path: String) throws -> [String: Any] {
        let outcome = try lls("inspect", path, "--json")
        #expect(outcome.status == 0, "\(outcome)")
        return try #require(
            try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    }

    private func model(_ name: String) throws -> ONNXSummary {
        try ONNXSummary(reading: root.path + "/" + name)
    }

    @Test func aRunBecomesAModelInItsFolder() throws {
        let outcome = try lls("export", run)
        let file = run + "/export/LLS_SmallConv.onnx"
        #expect(outcome.status == 0 && outcome.value("output") == file, "\(outcome)")
        let plain = try model(file)
        #expect(plain.inputs[0].shape == ["batch", "3", "128", "128"])
        #expect(plain.metadata["lls.classes"] == #"["box","sea star","zebra"]"#)
        for key in ["model", "rule", "version", "normalization", "transform", "epoch", "dataset"] {
            #expect(plain.metadata["lls." + key] != nil, "\(key)")
        }
        // What is there stays, unless it may be replaced.
        let refused = try lls("export", run, "--no-fold")
        #expect(refused.status == 73 && refused.errors.contains("--force"), "\(refused)")
        #expect(try model(file).operators == plain.operators)
        let replaced = try lls("export", run, "--no-fold", "--with-preprocessing", "--force")
        #expect(replaced.status == 0, "\(replaced)")
        #expect(try model(file).operators["BatchNormalization"] == 4)
        #expect(try model(file).inputs[0].type == "uint8")
        // `eval` and `train --resume` take the run as before.
        #expect(try lls("eval", run, "--backend", "cpu").status == 0)
    }

    @Test func filesAndCheckpointsGoWhereTheUserIs() throws {
        let weights = run + "/weights/last.safetensors"
        #expect(try lls("export", weights).value("output") == "last.onnx")
        #expect(
            try lls("export", run + "/checkpoints/000001").value("output")
                == "LLS_SmallConv-000001.onnx")
        let other = try lls("export", weights, "--format", "safetensors", "--output", "w")
        #expect(other.status == 0, "\(other)")
        let (own, copy) = try (
            SafetensorsFile(reading: root.path + "/" + weights),
            SafetensorsFile(reading: root.path + "/w")
        )
        #expect(own == copy)
        // As PyTorch's files are; what they do not say is asked for.
        var plain = own
        plain.metadata = [:]
        try plain.write(to: root.path + "/plain")
        let silent = try lls("export", "plain", "--rule", "LLS_MxM")
        #expect(silent.status == 64 && silent.errors.contains("--input"), "\(silent)")
        let wrong = try lls("export", "plain", "--rule", "LLS", "--input", "3x128x128")
        #expect(wrong.status == 65 && wrong.errors.contains("--rule LLS_MxM"), "\(wrong)")
        let raw = try lls(
            "export", "plain", "--rule", "LLS_MxM", "--input", "3x128x128", "--with-preprocessing")
        #expect(raw.status == 65 && raw.errors.contains("normalised"), "\(raw)")
        let named = try lls("export", "plain", "--rule", "LLS_MxM", "--input", "3x128x128")
        #expect(named.value("output") == "plain.onnx", "\(named)")
        #expect(try model("plain.onnx").metadata["lls.rule"] == "LLS_MxM")
    }

    @Test func aFullDiskLeavesNothing() throws {
        let before = try root.contents(run)
        for format in ["onnx", "safetensors"] {
            let outcome = try lls("export", run, "--format", format, shell: "ulimit -f 100;")
            #expect(outcome.status == 74, "\(outcome)")
            #expect(outcome.errors.contains("too large"), "\(outcome)")
            #expect(outcome.errors.split(separator: "\n").count <= 3)
        }
        #expect(try root.contents(run) == before)
        let missing = try lls("export", run, "--output", "none/m.onnx")
        #expect(missing.status == 73 && missing.errors.contains("none/m.onnx"), "\(missing)")
        let useless = try lls("export", run, "--format", "safetensors", "--no-fold")
        #expect(useless.status == 64 && useless.errors.contains("--no-fold"), "\(useless)")
    }

    // MARK: - inspect

    @Test func everyFileOfARunIsKnown() throws {
        let weights = run + "/weights/last.safetensors"
        let file = try report(weights)
        #expect(file["kind"] as? String == "safetensors file")
        #expect(file["sha256"] as? String == (try digestOfFile(root.path + "/" + weights)))
        let card = try #require(file["card"] as? [String: Any])
        #expect(card["classes"] as? [String] == ["box", "sea star", "zebra"])
        #expect(card["epoch"] as? Int == 1)
        let fits = try #require(file["fits"] as? [[String: Any]])
        let own = try #require(fits.first { $0["model"] as? String == "LLS_SmallConv" })
        #expect((own["rules"] as? [String])?.contains("LLS_MxM") == true, "\(fits)")
        #expect((own["rules"] as? [String])?.contains("LLS") == false)
        let tensors = try #require(file["tensors"] as? [[String: Any]])
        let norm = try #require(
            tensors.first { ($0["name"] as? String)?.hasSuffix("bn.running_var") == true })
        #expect(norm["shape"] as? [Int] == [32] && norm["count"] as? Int == 32)
        #expect((norm["min"] as? Double ?? -1) > 0 && norm["nan"] as? Int == 0)

        let folder = try report(run)
        #expect(folder["kind"] as? String == "run")
        #expect((folder["weights"] as? [[String: Any]])?.count == 1)
        let ended = (folder["run"] as? [String: Any])?["outcome"] as? [String: Any]
        #expect(ended?["status"] as? String == "completed")
        let checkpoint = try report(run + "/checkpoints/000001")
        #expect(checkpoint["kind"] as? String == "checkpoint")
        #expect(try report(run + "/model.json")["kind"] as? String == "model card of a run")
        #expect(try lls("export", run, "--output", "m").status == 0)
        let model = try report("m")
        #expect(model["kind"] as? String == "ONNX model")
        #expect((model["card"] as? [String: Any])?["rule"] as? String == "LLS_MxM")
        for path in [weights, run, run + "/checkpoints/000001", run + "/model.json", "m"] {
            let text = try lls("inspect", path)
            #expect(text.status == 0 && text.output.contains("LLS_MxM"), "\(path): \(text)")
        }
        let image = try #require(
            FileManager.default.enumerator(atPath: root.path + "/own")?
                .compactMap { $0 as? String }.first { $0.hasSuffix(".png") })
        #expect(try lls("inspect", "own/" + image).output.contains("PNG image"))
    }

    @Test func theFilesOfOthersAreDescribedToo() throws {
        var file = SafetensorsFile(metadata: ["who": "me\u{1B}[2J"])
        file["a"] = SafetensorsFile.Entry([1, .nan, -3, .infinity], shape: [2, 2])
        file["b"] = SafetensorsFile.Entry([Int64.max], shape: [])
        try file.write(to: root.path + "/f")
        let text = try lls("inspect", "f")
        #expect(text.status == 0 && text.output.contains("no network here"), "\(text)")
        // No terminal obeys a stranger's file.
        #expect(!text.output.contains("\u{1B}"))
        let tensors = try #require(try report("f")["tensors"] as? [[String: Any]])
        #expect(tensors[0]["nan"] as? Int == 1 && tensors[0]["infinite"] as? Int == 1)
        #expect(tensors[0]["mean"] as? Double == -1 && tensors[0]["max"] as? Double == 1)
        #expect(tensors[1]["max"] as? Double == 0x1p63)
    }

    @Test func whatIsUnknownOrDamagedGetsOneMessage() throws {
        let whole = try readFile("\(root.path)/\(run)/weights/last.safetensors")
        let png = Array(try readFile(root.path + "/" + run + "/config.yaml").prefix(0))
        for (name, bytes, mention) in [
            ("empty", [], "the file is empty"),
            ("elf", [0x7F, 0x45, 0x4C, 0x46, 1], "7f 45 4c 46 01 (.ELF.)"),
            ("cut", Array(whole.dropLast(5)), "bytes"),
            ("x.pt", Array("PK\u{3}\u{4}12345678".utf8), "Scripts/pth_to_safetensors.py"),
            ("x.onnx", Array("hello, world".utf8), "ONNX"),
            ("nearly", [8, 8, 0x3A, 0x7F, 1], "unknown kind of file"),
            ("json", Array("{\"a\": 1}".utf8), "unknown kind of file"),
            ("model.json", Array("{\"classes\": 1}".utf8), "model.json"),
            ("x.png", [0x89, 0x50, 0x4E, 0x47] + png, "decode the PNG image"),
        ] as [(String, [UInt8], String)] {
            _ = try root.put(bytes, as: name)
            let outcome = try lls("inspect", name)
            #expect(outcome.status == 65, "\(name): \(outcome)")
            #expect(outcome.errors.contains(mention), "\(name): \(outcome)")
            #expect((1...3).contains(outcome.errors.split(separator: "\n").count))
            #expect(outcome.output.isEmpty)
        }
        for (path, status, mention) in [
            ("none", 66, "none"), ("own", 65, "unknown kind of folder"),
            ("/dev/null", 66, "regular"),
        ] {
            let outcome = try lls("inspect", path)
            #expect(outcome.status == status, "\(path): \(outcome)")
            #expect(outcome.errors.contains(mention), "\(outcome)")
        }
    }
}
