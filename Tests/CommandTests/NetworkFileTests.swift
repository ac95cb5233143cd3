import Foundation
import TestSupport
import Testing

/// A network from a file: trained, kept with the run and its weights, and found again.
struct NetworkFileTests {
    static let text = """
        name: TinyNet
        stages:
          - convolution: {channels: 8, pool: 2}
          - residual: {channels: 12, stride: 4, pool: 2}
          - averagePool: 1

        """

    @Test func theRunAndItsWeightsKnowTheNetwork() throws {
        let (data, folder) = (try TemporaryFolder(), try TemporaryFolder())
        try TinyData.write(to: data.url)
        let file = folder.path + "/net.yaml"
        try Self.text.write(toFile: file, atomically: true, encoding: .utf8)
        let place = ["--backend", "cpu", "--data-dir", data.path]
        let outcome = try Program.run(
            ["train", "--model", file, "--epochs", "1", "--runs-dir", folder.path + "/runs"]
                + place)
        #expect(outcome.status == 0, "\(outcome)")
        try FileManager.default.removeItem(atPath: file)

        // The folder may be moved, and the weights may be copied out of it.
        let moved = folder.path + "/moved"
        try FileManager.default.moveItem(
            atPath: folder.path + "/runs/fashionmnist-tinynet-lls/001", toPath: moved)
        let weights = folder.path + "/tiny.safetensors"
        try FileManager.default.copyItem(
            atPath: moved + "/weights/last.safetensors", toPath: weights)
        let own = try Program.run(["eval", moved] + place)
        let copied = try Program.run(["eval", weights, "--dataset", "FashionMNIST"] + place)
        #expect(own.status == 0 && copied.status == 0, "\(own) \(copied)")
        #expect(own.value("test_loss") == copied.value("test_loss"))
        #expect(own.value("test_loss") == outcome.value("test_loss"))
        let profile = try Program.run([
            "profile", "--backend", "cpu", "--model", moved + "/network.yaml", "--input", "1x28x28",
            "--steps", "1",
        ])
        #expect(profile.status == 0 && profile.output.contains("res_block1"), "\(profile)")
        let onward = try Program.run(["train", "--resume", moved, "--epochs", "2"] + place)
        #expect(onward.status == 0, "\(onward)")
    }
}
