import Foundation
import TestSupport
import Testing

/// `Scripts/pth_to_safetensors.py`, with modules of a few lines in place of PyTorch and safetensors: a
/// checkpoint is JSON in which numbers are tensors.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")))
struct ConversionScriptTests {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Scripts/pth_to_safetensors.py").path(percentEncoded: false)

    private static let torch = """
        import json
        class Tensor:
            def __init__(self, value): self.value = value
            def contiguous(self): return self
            def clone(self): return self
        def is_tensor(value): return isinstance(value, Tensor)
        def wrap(value):
            if isinstance(value, dict): return {k: wrap(v) for k, v in value.items()}
            return Tensor(value) if isinstance(value, int) else value
        def load(path, map_location, weights_only):
            assert weights_only
            return wrap(json.load(open(path)))
        """
    private static let safetensors = """
        import json
        def save_file(tensors, path, metadata=None):
            json.dump({k: v.value for k, v in tensors.items()}, open(path, "w"))
        """

    /// The status, what was printed, and the tensors that were written.
    private func convert(
        _ checkpoint: String
    ) throws -> (status: Int32, errors: String, tensors: [String: Int]?) {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(
            atPath: folder.path + "/safetensors", withIntermediateDirectories: true)
        _ = try folder.put(Array(Self.torch.utf8), as: "torch.py")
        _ = try folder.put([], as: "safetensors/__init__.py")
        _ = try folder.put(Array(Self.safetensors.utf8), as: "safetensors/torch.py")
        let input = try folder.put(Array(checkpoint.utf8), as: "in.pth")
        let output = folder.path + "/out"
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = ["-B", Self.script, input, output]
        process.environment = ["PYTHONPATH": folder.path]
        let errors = Pipe()
        process.standardError = errors
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let text = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let written = try? Data(contentsOf: URL(filePath: output))
        return (
            process.terminationStatus, String(decoding: text, as: UTF8.self),
            try written.map { try JSONDecoder().decode([String: Int].self, from: $0) }
        )
    }

    @Test(arguments: [
        #"{"a.w": 1, "b": 2}"#, #"{"epoch": "x", "state_dict": {"a.w": 1, "b": 2}}"#,
        #"{"model_state_dict": {"module.a.w": 1, "module.b": 2, "note": "x"}}"#,
        #"{"model": {"_orig_mod.a.w": 1, "_orig_mod.b": 2}}"#,
        #"{"state_dict": {"module._orig_mod.a.w": 1, "_orig_mod.module.b": 2}}"#,
    ])
    func tensorsGetTheirPlainNames(checkpoint: String) throws {
        let (status, errors, tensors) = try convert(checkpoint)
        #expect(status == 0 && tensors == ["a.w": 1, "b": 2], "\(errors)")
    }

    @Test(arguments: [
        ("{}", "no tensors"), (#"{"state_dict": {}}"#, "no tensors"),
        (#"{"epoch": "3", "optimizer": {"lr": 1}}"#, "it holds epoch, optimizer"),
        ("[1, 2]", "not a dict"), (#"{"module.a": 1, "a": 2}"#, "two tensors"),
        ("no JSON", "cannot be read"),
    ])
    func aCheckpointWithoutTensorsIsAnError(checkpoint: String, mention: String) throws {
        let (status, errors, tensors) = try convert(checkpoint)
        #expect(status == 1 && tensors == nil)
        #expect(errors.contains(mention) && errors.contains("error: "), "\(errors)")
        #expect(errors.split(separator: "\n").count <= 3, "\(errors)")
    }
}
