import FileFormats
import Foundation
import LocalLearning
import ONNX
import ReferenceBackend
import TestSupport
import Testing

/// What cannot be a model, and files that are none.
struct RefusalTests {
    private static func network() throws -> Network {
        try Network(
            NetworkDescription(
                TinyTraining.architecture, input: [8, 8, 1], classes: 3, rule: LLS()),
            batch: 2, on: ReferenceBackend())
    }

    @Test func weightsBeyondTwoGibibytesAreRefusedBeforeTheyAreRead() throws {
        let wide = Architecture(
            "Wide",
            [
                .convolution(8, pool: 1), .averagePool(1), .linear(30_000, pool: 1),
                .linear(30_000, pool: 1),
            ])
        let network = try NetworkDescription(wide, input: [8, 8, 1], classes: 3, rule: LLS())
        let error = #expect(throws: ONNXExportError.self) {
            try ONNXModel(network, weights: SafetensorsFile())
        }
        #expect("\(try #require(error))".contains("Wide has 3.6 GB of weights"))
    }

    @Test func weightsThatNoNetworkHasAreRefusedByName() throws {
        let network = try Self.network()
        let good = try network.weights()
        func refusal(_ changes: (name: String, value: Float)...) throws -> String {
            var file = good
            for (name, value) in changes {
                let shape = try #require(good[name]).shape
                file[name] = SafetensorsFile.Entry(
                    [Float](repeating: value, count: shape.reduce(1, *)), shape: shape)
            }
            let error = #expect(throws: FileError.self) {
                try ONNXModel(network.description, weights: file)
            }
            return "\(try #require(error))"
        }
        let norm = "conv_block1.block.bn"
        #expect(try refusal(("\(norm).running_var", -1)).contains("\(norm).running_var"))
        #expect(try refusal(("\(norm).bias", .nan)).contains("NaN"))
        let weight = "conv_block1.block.conv.weight"
        #expect(try refusal((weight, 3e38), ("\(norm).running_var", 0)).contains("too large"))
        var lacking = good
        lacking["linear.bias"] = nil
        #expect(throws: WeightsMismatchError.self) {
            try ONNXModel(network.description, weights: lacking)
        }
    }

    @Test func constantsOfOtherImagesAreRefused() throws {
        let network = try Self.network()
        #expect(throws: ONNXExportError.normalization(network: "Tiny", channels: 1, constants: 3)) {
            try ONNXModel(
                network.description, weights: try network.weights(),
                ONNXOptions(
                    normalization: .init(mean: [0, 0, 0], standardDeviation: [1, 1, 1])))
        }
    }

    @Test func nothingIsWrittenToAFolderThatIsNotThere() throws {
        let folder = try TemporaryFolder()
        let network = try Self.network()
        let model = try ONNXModel(network.description, weights: try network.weights())
        #expect(throws: FileError.self) { try model.write(to: folder.path + "/none/m.onnx") }
        try model.write(to: folder.path + "/m.onnx")
        #expect(try folder.contents() == ["m.onnx"])
        #expect(try ONNXSummary(reading: folder.path + "/m.onnx").producer == "lls")
    }

    // MARK: Files of others

    /// A field of bytes.
    private func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        var length = bytes.count
        var result = [number << 3 | 2]
        while length >= 128 {
            result.append(UInt8(length & 127) | 128)
            length >>= 7
        }
        return result + [UInt8(length)] + bytes
    }

    private func refusal(_ bytes: [UInt8]) throws -> String {
        let error = #expect(throws: FileError.self) {
            try ONNXSummary(parsing: bytes, path: "f")
        }
        return "\(try #require(error))"
    }

    @Test func damageIsAnErrorThatNamesTheFile() throws {
        let network = try Self.network()
        let model = try ONNXModel(network.description, weights: try network.weights())
        let bytes = try model.serialized()
        #expect(ONNXSummary.couldBegin(with: bytes))
        for count in [0, 1, 2, 3, 40, bytes.count / 2, bytes.count - 1] {
            #expect(try refusal(Array(bytes.prefix(count))).contains("f: fields"), "\(count)")
        }
        // Numbers in place of messages, an endless number, a group.
        for text: [UInt8] in [[0x38, 1], [UInt8](repeating: 0xFF, count: 12), [0x0B, 0x0C]] {
            #expect(try refusal([0x08, 8] + text).contains("f: fields"))
        }
    }

    /// Two bytes a node in the file are hundreds in memory.
    @Test func millionsOfEmptyNodesAndDeepGraphsAreRefusedBeforeTheyAreDecoded() throws {
        let nodes = [UInt8](
            unsafeUninitializedCapacity: 10_000_000
        ) { buffer, count in
            for index in buffer.indices { buffer[index] = index.isMultiple(of: 2) ? 0x0A : 0 }
            count = buffer.count
        }
        #expect(try refusal([0x08, 8] + field(7, nodes)).contains("too many"))
        var graph: [UInt8] = []
        // A graph in an attribute of a node of a graph.
        for _ in 0..<200 { graph = field(1, field(5, field(6, graph))) }
        #expect(try refusal([0x08, 8] + field(7, graph)).contains("too deep"))
    }

    @Test func elementsMustBeThoseOfTheShape() throws {
        func tensor(_ dims: [UInt8], _ raw: [UInt8]) -> [UInt8] {
            dims.flatMap { [0x08, $0] } + [0x10, 1] + field(8, Array("w".utf8)) + field(9, raw)
        }
        func model(_ tensor: [UInt8]) -> [UInt8] { [0x08, 8] + field(7, field(5, tensor)) }
        let one: [UInt8] = [0, 0, 0x80, 0x3F]
        let nan: [UInt8] = [0, 0, 0xC0, 0x7F]
        let read = try ONNXSummary(parsing: model(tensor([2], one + nan)), path: "f")
        #expect(read.constants.first?.statistics?.nanCount == 1)
        #expect(read.constants.first?.statistics?.mean == 1)
        #expect(try refusal(model(tensor([3], one + nan))).contains("tensor 'w'"))
        #expect(try refusal(model(tensor([2], one + [0]))).contains("tensor 'w'"))
        let huge = [UInt8](repeating: 127, count: 40)
        #expect(try refusal(model(tensor(huge, one))).contains("tensor 'w'"))
    }
}
