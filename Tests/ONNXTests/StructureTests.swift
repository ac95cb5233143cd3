import Architectures
import Datasets
import FileFormats
import Foundation
import LocalLearning
import ONNX
import ReferenceBackend
import Tensors
import TestSupport
import Testing

/// The form of models, and what they compute by the specification's own loops.
struct StructureTests {
    /// Zeros of a file's shapes.
    private static func zeros(_ network: NetworkDescription) -> SafetensorsFile {
        var file = SafetensorsFile()
        for (name, shape) in network.tensorShapes where !network.optionalTensors.contains(name) {
            file[name] = SafetensorsFile.Entry(
                [Float](repeating: 0, count: shape.reduce(1, *)), shape: shape)
        }
        return file
    }

    /// VGG11 has half a gigabyte of weights; what its models are like the smaller ones show.
    private static let models = ModelCatalog.all.filter { $0.name != "LLS_VGG11" }

    @Test(arguments: models)
    func everyNetworkGivesAGraphThatFitsTogether(model: Architecture) throws {
        try check(model, LLS())
    }

    @Test func everyRuleGivesAGraphThatFitsTogether() throws {
        for rule in RuleCatalog.all {
            for name in ["LLS_SmallConv", "LLS_MobileNetV1_small", "DFA_SmallConv"] {
                try check(try #require(ModelCatalog.all.first { $0.name == name }), rule)
            }
        }
    }

    private func check(_ model: Architecture, _ rule: any LearningRule) throws {
        let network = try NetworkDescription(model, input: [16, 16, 3], classes: 5, rule: rule)
        let graph = try ONNXModel(network, weights: Self.zeros(network)).outline
        var known = Set(graph.inputs).union(graph.constants.keys)
        var read: Set<String> = []
        for node in graph.nodes {
            #expect(known.isSuperset(of: node.inputs), "\(rule.name): \(node)")
            #expect(known.insert(node.output).inserted, "\(rule.name): \(node.output)")
            read.formUnion(node.inputs)
        }
        #expect(read.isSuperset(of: graph.constants.keys))
        #expect(Set(graph.nodes.map(\.name)).count == graph.nodes.count)
        #expect(graph.outputs == ["logits"] && known.contains("logits"))
        #expect(!graph.nodes.contains { $0.kind == "BatchNormalization" })
        // Inference needs nothing of the rule.
        #expect(!graph.constants.keys.contains { $0.contains("feedback") })
    }

    @Test func aModelSaysWhatItIs() throws {
        let network = try NetworkDescription(
            .smallConv, input: [28, 20, 3], classes: 3, rule: LLS())
        let notes = [
            "lls.model": network.architecture.name, "lls.rule": "LLS", "lls.transform": "[]",
            "lls.classes": #"["box","sea star","zebra"]"#,
            "lls.normalization": #"{"mean":[0.1,0.2,0.3],"std":[1,2,3]}"#,
        ]
        let card = try #require(try ModelCard(metadata: notes, path: "notes"))
        let normalization = Normalization(mean: [0.1, 0.2, 0.3], standardDeviation: [1, 2, 3])
        for normalization in [nil, normalization] {
            let model = try ONNXModel(
                network, weights: Self.zeros(network), card: card,
                ONNXOptions(normalization: normalization, producerVersion: "7"))
            let read = try ONNXSummary(parsing: try model.serialized(), path: "m")
            #expect(read.opsets == ["ai.onnx": 17] && read.formatVersion == 8)
            #expect(read.producer == "lls" && read.producerVersion == "7")
            #expect(read.inputs.map(\.name) == ["images"])
            if normalization == nil {
                #expect(read.inputs[0].type == "float" && read.outputs[0].name == "logits")
                #expect(read.inputs[0].shape == ["batch", "3", "28", "20"])
            } else {
                #expect(read.inputs[0].type == "uint8" && read.outputs[0].name == "probabilities")
                #expect(read.inputs[0].shape == ["batch", "28", "20", "3"])
                #expect(read.operators["Softmax"] == 1)
            }
            #expect(read.outputs[0].shape == ["batch", "3"])
            #expect(read.operators["Conv"] == 3 && read.operators["Gemm"] == 2)
            #expect(try ModelCard(metadata: read.metadata, path: "m") == card)
            #expect(read.metadata == notes)
        }
    }

    // MARK: What it computes

    private static func ownNetworks() throws -> [Architecture] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Networks")
        return try ["larger", "mixed", "pixels"].map {
            try Architecture(reading: folder.appending(path: $0 + ".yaml").path())
        }
    }

    /// Weights that are all different, running statistics among them.
    private static func sample(
        _ architecture: Architecture, _ pooling: Pooling
    ) throws -> Network {
        let network = try Network(
            try NetworkDescription(
                architecture, input: [23, 17, 3], classes: 4, rule: LLS(),
                NetworkOptions(pooling: pooling, dropout: 0.3)), batch: 2,
            on: ReferenceBackend())
        for (number, parameter) in network.parameters.enumerated()
        where parameter.description.shape.rank == 1 {
            try parameter.set(
                (0..<parameter.description.shape.count).map { index in
                    0.6 + Float((index * 7 + number * 5) % 11) / 10
                })
        }
        return network
    }

    /// Normalised images, channels last.
    private static func images(_ network: Network) -> [Float] {
        (0..<network.images.count).map { sin(Float($0 * $0 % 1013)) }
    }

    private static func channelsFirst(_ images: [Float], _ shape: Shape) -> Interpreter.Value {
        let (height, width, channels) = (shape[1], shape[2], shape[3])
        var numbers: [Double] = []
        for image in 0..<shape[0] {
            for channel in 0..<channels {
                for pixel in 0..<(height * width) {
                    numbers.append(
                        Double(images[(image * height * width + pixel) * channels + channel]))
                }
            }
        }
        return Interpreter.Value(
            numbers: numbers, shape: [shape[0], channels, height, width])
    }

    @Test(arguments: [Pooling.max, .mean], [true, false])
    func everyKindOfLayerComputesWhatTheNetworkDoes(pooling: Pooling, folds: Bool) throws {
        for architecture in try Self.ownNetworks() {
            let network = try Self.sample(architecture, pooling)
            let images = Self.images(network)
            try network.backend.upload(images, to: network.images)
            let logits = try network.backend.read(try network.infer(batch: 2))
            let model = try ONNXModel(
                network.description, weights: try network.weights(),
                ONNXOptions(foldsBatchNorm: folds))
            let hasNorms = model.outline.nodes.contains { $0.kind == "BatchNormalization" }
            #expect(hasNorms != folds)
            let found = try Interpreter(graph: model.outline).run(
                Self.channelsFirst(images, network.images.shape))
            #expect(found.shape == [2, 4])
            for (own, other) in zip(logits, found.numbers) {
                #expect(abs(Double(own) - other) < 1e-4, "\(architecture.name)")
            }
        }
    }

    /// Bytes in, probabilities out.
    @Test func aModelNormalisesAsTheLoaderDoes() throws {
        let network = try Self.sample(try Self.ownNetworks()[1], .max)
        let bytes = (0..<network.images.count).map { Double($0 * $0 % 256) }
        let (mean, deviation) = ([0.3, 0.4, 0.5] as [Float], [0.2, 0.3, 0.4] as [Float])
        let images = bytes.enumerated().map { index, byte in
            (Float(byte) / 255 - mean[index % 3]) / deviation[index % 3]
        }
        try network.backend.upload(images, to: network.images)
        let logits = try network.backend.read(try network.infer(batch: 2))
        let model = try ONNXModel(
            network.description, weights: try network.weights(),
            ONNXOptions(
                normalization: Normalization(mean: mean, standardDeviation: deviation)))
        let found = try Interpreter(graph: model.outline).run(
            Interpreter.Value(numbers: bytes, shape: network.images.shape.dimensions))
        for row in 0..<2 {
            let powers = logits[(row * 4)..<(row * 4 + 4)].map { exp(Double($0)) }
            let sum = powers.reduce(0, +)
            for (power, other) in zip(powers, found.numbers[(row * 4)..<(row * 4 + 4)]) {
                #expect(abs(power / sum - other) < 1e-5)
            }
        }
    }
}
