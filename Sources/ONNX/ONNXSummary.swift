import FileFormats
import Foundation
import SwiftProtobuf
import Tensors

/// What an ONNX file holds, ours or anybody's.
public struct ONNXSummary: Sendable {
    /// An input or an output.
    public struct Value: Sendable, Equatable {
        /// The name by which runtimes ask for it.
        public let name: String
        /// ONNX's name of the element type; nil for what is no tensor.
        public let type: String?
        /// A number, or a name for an extent of any size, or `?`.
        public let shape: [String]
        /// What its maker says of it.
        public let text: String?
    }

    /// A constant of the graph.
    public struct Constant: Sendable, Equatable {
        /// The name by which nodes read it.
        public let name: String
        /// ONNX's name of the element type.
        public let type: String
        /// Its extents.
        public let shape: [Int]
        /// Nil for types that are no plain numbers, and for elements in another file.
        public let statistics: TensorStatistics?
    }

    /// The version of the format, and those of the operators by domain; ONNX's own is `ai.onnx`.
    public let formatVersion: Int
    /// See ``formatVersion``.
    public let opsets: [String: Int]
    /// The program that made it, and that program's version.
    public let producer, producerVersion: String
    /// What its maker says of it.
    public let text: String?
    /// In the graph's order.
    public let inputs, outputs: [Value]
    /// How many nodes of each operator there are, those of inner graphs among them.
    public let operators: [String: Int]
    /// `metadata_props`.
    public let metadata: [String: String]
    /// In the file's order.
    public let constants: [Constant]

    /// Whether these first bytes of a file could be an ONNX model's: it has no mark of its own, but
    /// begins with a small version and another known field.
    public static func couldBegin(with bytes: some Collection<UInt8>) -> Bool {
        let start = Array(bytes.prefix(3))
        guard start.count == 3, start[0] == 0x08, (1...64).contains(start[1]) else { return false }
        // Texts 2, 3, 4 and 6, number 5, and messages 7, 8 and 14.
        return [0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42, 0x72].contains(start[2])
    }

    /// Reads a file.
    ///
    /// - Throws: `FileError` if it cannot be read or is damaged; `OutOfMemoryError`.
    public init(reading path: String) throws {
        let size = try FileSystem.size(of: path)
        guard size <= ONNXModel.greatestByteCount else {
            throw FileError.malformed(
                path, field: "size", offset: 0, "\(size) bytes, and protobuf has at most 2 GiB")
        }
        // The bytes, and the tensors that are taken out of them.
        try HostMemory.check(2 * size, for: "the ONNX model")
        try self.init(parsing: try readFile(path, limit: ONNXModel.greatestByteCount), path: path)
    }

    /// Reads the bytes of a file.
    ///
    /// - Throws: `FileError` if they are damaged; `OutOfMemoryError`.
    public init(parsing bytes: [UInt8], path: String) throws {
        func malformed(_ field: String, _ reason: String) -> FileError {
            .malformed(
                path, field: field, offset: 0, reason,
                advice: "The file is damaged, or is no ONNX model.")
        }
        guard let outline = ProtobufOutline.of(bytes) else {
            throw malformed("fields", "they are no protobuf, or too many or too deep for a model")
        }
        // As they are decoded, and a copy in the order of a file's bytes.
        try HostMemory.check(
            outline.listBytes.saturatingMultiplied(by: 16), for: "the numbers of the ONNX model")
        let model: ModelProto
        do {
            var options = BinaryDecodingOptions()
            options.discardUnknownFields = true
            model = try ModelProto(serializedBytes: bytes, options: options)
        } catch { throw malformed("fields", "they are not those of a model") }
        guard model.hasGraph, model.irVersion > 0 else {
            throw malformed("fields", "there is no graph or no version")
        }
        formatVersion = Int(model.irVersion)
        opsets = Dictionary(
            model.opsetImport.map { ($0.domain.isEmpty ? "ai.onnx" : $0.domain, Int($0.version)) }
        ) { max($0, $1) }
        producer = model.producerName
        producerVersion = model.producerVersion
        text = model.docString.isEmpty ? nil : model.docString
        inputs = model.graph.input.map(Value.init)
        outputs = model.graph.output.map(Value.init)
        operators = model.graph.operators
        metadata = Dictionary(model.metadataProps.map { ($0.key, $0.value) }) { $1 }
        var constants: [Constant] = []
        for tensor in model.graph.initializer { constants.append(try Constant(tensor, path)) }
        self.constants = constants
    }
}

extension ONNXSummary.Value {
    fileprivate init(_ value: ValueInfoProto) {
        let tensor: TypeProto.Tensor? = value.type.value.map { value in
            switch value {
            case .tensorType(let tensor): tensor
            }
        }
        self.init(
            name: value.name, type: tensor.map { TensorProto.name(ofType: $0.elemType) },
            shape: tensor?.shape.dim.map { extent in
                switch extent.value {
                case .dimValue(let size)?: "\(size)"
                case .dimParam(let name)?: name
                case nil: "?"
                }
            } ?? [], text: value.docString.isEmpty ? nil : value.docString)
    }
}

extension GraphProto {
    /// How many nodes of each operator there are.
    fileprivate var operators: [String: Int] {
        var counts: [String: Int] = [:]
        var pending = [self]
        while let graph = pending.popLast() {
            for node in graph.node {
                let domain = ["", "ai.onnx"].contains(node.domain) ? "" : node.domain + "."
                counts[domain + node.opType, default: 0] += 1
                pending += node.attribute.filter(\.hasG).map(\.g)
            }
        }
        return counts
    }
}
