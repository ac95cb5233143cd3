import Foundation
import TestSupport
import Testing

/// Whatever a user gets wrong ends in one clear message and its exit code, and leaves nothing behind.
struct BadInputTests {
    @Test(arguments: [
        (["--no-such-flag"], "no-such-flag"),
        (["--model", "LLS_SmallCnv"], "Did you mean 'LLS_SmallConv'"),
        (["--rule", "LSL"], "Did you mean 'LLS'"),
        (["--dataset", "FashonMNIST"], "Did you mean 'FashionMNIST'"),
        (["--optimizer", "AdamWSF3"], "Did you mean 'AdamWSF'"),
        (["--waveform", "cosin"], "Did you mean 'cosine'"),
        (["--backend", "opncl"], "Did you mean 'opencl'"),
        (["--kernel-engine", "regster"], "Did you mean 'register'"),
        (["--convolution", "winograd"], "Did you mean 'winograd2'"),
        (["--exact", "--convolution", "winograd4"], "--exact means --convolution direct"),
        (["--batch-size", "0"], "--batch-size"),
        (["--batch-size", "1"], "batch norm"),
        (["--batch-size", "-3"], "batch-size"),
        (["--epochs", "0"], "--epochs"),
        (["--lr", "nan"], "--lr"),
        (["--lr", "0"], "--lr"),
        (["--lr", "-1"], "lr"),
        (["--lr", "inf"], "--lr"),
        (["--lr", "0.1x"], "lr"),
        (["--temperature", "0"], "--temperature"),
        (["--label-smoothing", "1.5"], "--label-smoothing"),
        (["--threads", "0"], "--threads"),
        (["--limit-train", "0"], "--limit-train"),
        (["--backend", "cpu", "--device", "0:0"], "--device"),
    ])
    func aBadFlagIsExplained(arguments: [String], mention: String) throws {
        try expectRefusal(["train"] + arguments, status: 64, mention: mention)
    }

    @Test func aMissingDataFolderIsNamed() throws {
        try expectRefusal(
            ["train", "--backend", "cpu", "--data-dir", "/no/such/folder"], status: 66,
            mention: "/no/such/folder")
    }

    @Test func damagedDataIsNamed() throws {
        let changes: [(String, (inout [String: Data]) -> Void, Int32)] = [
            ("train-images-idx3-ubyte", { $0["train-images-idx3-ubyte"]?.removeLast(100) }, 65),
            ("t10k-images-idx3-ubyte", { $0["t10k-images-idx3-ubyte"]?[2] = 7 }, 65),
            (
                "train-labels-idx1-ubyte", { $0["train-labels-idx1-ubyte"] = TinyData.labels(257) },
                65
            ),
            ("t10k-labels-idx1-ubyte", { $0["t10k-labels-idx1-ubyte"]?[10] = 10 }, 65),
            ("t10k-labels-idx1-ubyte", { $0["t10k-labels-idx1-ubyte"] = Data() }, 65),
        ]
        for (name, change, status) in changes {
            let data = try TemporaryFolder()
            try TinyData.write(to: data.url, change: change)
            try expectRefusal(
                ["train", "--backend", "cpu", "--data-dir", data.url.path()], status: status,
                mention: name)
        }
    }

    @Test func aLastBatchOfOneIsRefused() throws {
        let data = try TemporaryFolder()
        try TinyData.write(to: data.url)
        try expectRefusal(
            [
                "train", "--backend", "cpu", "--data-dir", data.url.path(), "--batch-size", "128",
                "--limit-train", "129",
            ], status: 78, mention: "batch norm")
    }

    @Test func aDeviceThatIsNotThereIsNeverReplaced() throws {
        try expectRefusal(
            ["train", "--backend", "opencl", "--device", "no such device"], status: 69,
            mention: "no such device")
    }

    @Test func noPlatformIsExplained() throws {
        let empty = try TemporaryFolder()
        try expectRefusal(
            ["train", "--backend", "opencl"], environment: ["OCL_ICD_VENDORS": empty.url.path()],
            status: 69, mention: "pocl-opencl-icd")
    }

    @Test func aBrokenDriverIsExplained() throws {
        let vendors = try TemporaryFolder()
        try Data("/no/such/driver.so\n".utf8).write(to: vendors.url.appending(path: "broken.icd"))
        try expectRefusal(
            ["train", "--backend", "opencl"], environment: ["OCL_ICD_VENDORS": vendors.url.path()],
            status: 69, mention: "driver")
    }

    @Test func aKernelThatDoesNotBuildIsNamed() throws {
        try expectRefusal(
            ["selftest", "--backend", "opencl", "--small"],
            environment: ["LLS_OPENCL_OPTIONS": "-Dglobal=no_such_word"], status: 69,
            mention: ".cl")
    }

    @Test func aRunsFolderThatCannotBeMadeIsNamed() throws {
        let data = try TemporaryFolder()
        try TinyData.write(to: data.url)
        let file = data.url.appending(path: "file")
        try Data().write(to: file)
        try expectRefusal(
            [
                "train", "--backend", "cpu", "--data-dir", data.url.path(), "--runs-dir",
                file.appending(path: "runs").path(),
            ], status: 73, mention: "file")
    }

    @Test(arguments: [
        ("{}", 65), ("not json", 65), ("", 65),
    ])
    func aDamagedCaseIsNamed(text: String, status: Int) throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appending(path: "case.json")
        try Data(text.utf8).write(to: file)
        try expectRefusal(
            ["conformance", "--backend", "cpu", file.path()], status: Int32(status),
            mention: "case.json")
    }

    @Test func aMissingCaseIsNamed() throws {
        try expectRefusal(
            ["conformance", "--backend", "cpu", "/no/such/case.json"], status: 66,
            mention: "/no/such/case.json")
    }

    /// Ends with the status, says `mention` in few lines, never crashes, and writes nothing.
    private func expectRefusal(
        _ arguments: [String], environment: [String: String] = [:], status: Int32, mention: String,
        location: SourceLocation = #_sourceLocation
    ) throws {
        let folder = try TemporaryFolder()
        let outcome = try Program.run(arguments, environment: environment, in: folder.url)
        #expect(outcome.status == status, "\(arguments): \(outcome)", sourceLocation: location)
        #expect(
            outcome.errors.lowercased().contains(mention.lowercased()), "\(outcome.errors)",
            sourceLocation: location)
        #expect(!outcome.errors.contains("Fatal error"), sourceLocation: location)
        #expect(outcome.output.isEmpty, "\(outcome.output)", sourceLocation: location)
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.url.path())
        #expect(left.isEmpty, "left behind: \(left)", sourceLocation: location)
    }
}
