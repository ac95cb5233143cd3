import Architectures
import LocalLearning
import Runs
import Testing

/// Architectures from files: what they say is what is built, and what they cannot say is named.
struct ArchitectureFileTests {
    @Test(arguments: ModelCatalog.all)
    func everyNetworkComesBackFromItsText(model: Architecture) throws {
        let read = try Architecture(yaml: model.yaml)
        #expect(read.name == model.name)
        #expect(read.stages == model.stages)
    }

    @Test func whatPeopleWriteIsBuilt() throws {
        let net = try Architecture(
            yaml: """
                name: TinyNet
                stages:
                  - convolution: {channels: 32, pool: 4}
                  - maxPool
                  - depthwise: {channels: 48, stride: 2, pool: 2}
                  - residual: {channels: 64, stride: 2, pool: 2}
                  - convolutions:
                      layers:
                        - {kernel: 5, groups: channels, bias: false}
                        - {channels: 32, kernel: 1, norm: false, activation: leakyReLU(0.2)}
                      pool: 2
                  - residual:
                      layers: [{channels: 32, activation: relu}]
                      shortcut: {channels: 32, kernel: 1, bias: false}
                      pool: 2
                  - averagePool: 2
                  - dropout
                  - linear: {features: 256, pool: 256, activation: tanh}
                """)
        let description = try NetworkDescription(
            net, input: [28, 28, 1], classes: 10, rule: LLS())
        #expect(
            description.blocks.map(\.name) == [
                "conv_block1", "conv_block2", "res_block1", "conv_block3", "res_block2",
                "linear_block1",
            ])
        #expect(
            description.blocks[3].layers[0].map
                == .convolution(
                    .init(
                        batch: 1, height: 4, width: 4, inputChannels: 64, outputChannels: 64,
                        kernelHeight: 5, kernelWidth: 5, padding: 2, groups: 64)))
        #expect(description.blocks[3].layers[1].norm == nil)
        #expect(description.blocks[3].activation == .leakyReLU(slope: 0.2))
        #expect(description.blocks[4].activation == .leakyReLU(slope: 0))
        #expect(description.classifier.outputShape == [10])
        #expect(try Architecture(yaml: net.yaml) == net)
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        let text: String
        /// What the message says.
        let says: [String]

        init(_ stage: String, _ says: String...) {
            text = "name: Net\nstages:\n  - \(stage)\n"
            self.says = says
        }

        init(page: String, _ says: String...) {
            text = page
            self.says = says
        }

        var testDescription: String { text }
    }

    @Test(arguments: [
        Refused("convolution: {chanels: 32, pool: 4}", "line 3", "column 19", "'channels'"),
        Refused("convolution: {channels: 32}", "line 3", "'pool'", "missing"),
        Refused("convolution: {channels: 0, pool: 4}", "'channels'", "from 1"),
        Refused("convolution: {channels: 3.5, pool: 4}", "'channels'", "whole number"),
        Refused("convolution: {channels: 99999999999999999999, pool: 4}", "'channels'"),
        Refused("convolution: {channels: 32, pool: 4, bias: 1}", "'bias'", "true or false"),
        Refused("convolution: {channels: 32, pool: 4, activation: reloo}", "'relu'"),
        Refused("convolution: {channels: 32, pool: 4, activation: leakyReLU(2)}", "activation"),
        Refused("convolution: {channels: 32, pool: 4, pool: 4}", "duplicate key"),
        Refused("convolution: 32", "mapping"),
        Refused("convolution", "missing"),
        Refused("convolutoin: {channels: 32, pool: 4}", "unknown stage", "'convolution'"),
        Refused("maxPool: 2", "no settings"),
        Refused("averagePool", "missing"),
        Refused("averagePool: 0", "from 1"),
        Refused("averagePool: [1]", "whole number"),
        Refused("convolutions: {layers: [], pool: 2}", "list"),
        Refused("convolutions: {layers: [32], pool: 2}", "mapping"),
        Refused("residual: {channels: 8, shortcut: identity, pool: 2}", "shortcut"),
        Refused("residual: {layers: [{channels: 8}], shortcut: 3, pool: 2}", "mapping"),
        Refused("{maxPool: 1, dropout: 2}", "one stage"),
        Refused("[[[[[[[1]]]]]]]", "lists inside"),
        Refused("&a maxPool", "anchors"),
        Refused(page: "", "empty"),
        Refused(page: "stages: [maxPool]", "'name'", "missing"),
        Refused(page: "name: Net", "'stages'", "missing"),
        Refused(page: "name: Net\nstages: []", "'stages'"),
        Refused(page: "name: Net\nstages: maxPool", "'stages'"),
        Refused(page: "name: [1]\nstages: [maxPool]", "'name'"),
        Refused(page: "name: Net\nstages: [maxPool]\ninput: 3", "line 3", "unknown key", "'input'"),
        Refused(page: "name: Net\nstages: [maxPool\n", "YAML"),
    ])
    func whatIsNoArchitectureIsNamed(refused: Refused) throws {
        let error = try #require(throws: ConfigurationError.self) {
            try Architecture(yaml: refused.text, path: "net.yaml")
        }
        let message = "\(error)"
        #expect(message.hasPrefix("net.yaml"))
        #expect(message.split(separator: "\n").count == 1)
        for part in refused.says { #expect(message.contains(part), "\(message)") }
    }

    /// Layers that do not fit together are known once the input is.
    @Test(arguments: [
        ("linear: {features: 8, pool: 8}", "linear_block1", "average pool"),
        ("convolution: {channels: 8, kernel: 40, padding: 0, pool: 2}", "conv_block1", "kernel"),
        ("convolution: {channels: 8, groups: 3, pool: 2}", "conv_block1", "groups"),
        (
            "residual: {layers: [{channels: 8}], shortcut: identity, pool: 2}", "res_block1",
            "[28, 28, 8]"
        ),
        (
            "residual: {layers: [{channels: 8, stride: 2}], shortcut: {channels: 8, kernel: 1}, pool: 2}",
            "res_block1", "shortcut makes [28, 28, 8]"
        ),
        ("averagePool: 1\n  - maxPool", "max_pool1", "2×2"),
        ("averagePool: 1\n  - averagePool: 1", "average_pool2", "image"),
    ])
    func layersThatDoNotFitAreNamed(stage: String, layer: String, reason: String) throws {
        let net = try Architecture(yaml: "name: Net\nstages:\n  - \(stage)\n")
        for rule in RuleCatalog.all {
            let error = try #require(throws: ArchitectureError.self) {
                try NetworkDescription(net, input: [28, 28, 1], classes: 10, rule: rule)
            }
            #expect(error.layer == layer)
            #expect("\(error)".contains("Net") && "\(error)".contains(reason), "\(error)")
        }
    }
}
