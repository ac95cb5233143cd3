import Datasets
import FileFormats
import LocalLearning
import SwiftProtobuf
import Tensors

/// How a network becomes an ONNX model.
public struct ONNXOptions: Sendable, Equatable {
    /// Whether a batch norm is multiplied into the map before it, so that the model has none.
    public var foldsBatchNorm: Bool
    /// With it the model normalises images itself: it takes bytes, `[batch, height, width, channels]`, and
    /// puts out probabilities. Nil for a model of normalised floats `[batch, channels, height, width]`
    /// and logits.
    public var normalization: Normalization?
    /// The version of the program that makes the model.
    public var producerVersion: String?

    /// What most runtimes want: folded, normalised floats to logits.
    public init(
        foldsBatchNorm: Bool = true, normalization: Normalization? = nil,
        producerVersion: String? = nil
    ) {
        self.foldsBatchNorm = foldsBatchNorm
        self.normalization = normalization
        self.producerVersion = producerVersion
    }
}

/// A network with its weights as an ONNX model for inference, of opset 17, for batches of any size.
///
/// It has one input, `images`, and one output, `logits` or `probabilities`, both described in their
/// `doc_string`. What the card says is in `metadata_props`, under the keys of weights files.
public struct ONNXModel: Sendable {
    /// The version of ONNX's operators that a model uses.
    public static let opset = 17
    /// Of the format: the one that came with ``opset``.
    static let formatVersion = 8
    /// Protobuf has no larger messages.
    static let greatestByteCount = Int(Int32.max)

    let message: ModelProto

    /// - Parameters:
    ///   - network: any network, taught by any rule.
    ///   - weights: a weights file of it. Parameters of the rule are left out: inference needs none.
    ///   - card: what the weights are of; its classes are those of the output.
    ///   - options: what the model is to hold.
    /// - Throws: ``ONNXExportError`` for a network that no model can hold; `WeightsMismatchError` and
    ///   `FileError` for weights that are of another network, or that no network has; `OutOfMemoryError`.
    public init(
        _ network: NetworkDescription, weights: SafetensorsFile, card: ModelCard? = nil,
        _ options: ONNXOptions = ONNXOptions()
    ) throws {
        let size = try Self.checkedSize(of: network, options)
        try HostMemory.check(size, for: "the weights of the ONNX model")
        try network.check(weights.entries.mapValues(\.shape), path: weights.path)
        var builder = GraphBuilder(network, weights, options)
        try builder.build()
        var message = ModelProto()
        message.irVersion = Int64(Self.formatVersion)
        message.opsetImport = [.with { $0.version = Int64(Self.opset) }]
        message.producerName = "lls"
        if let version = options.producerVersion { message.producerVersion = version }
        message.graph = builder.graph
        var notes = (card ?? ModelCard()).metadata
        // It says whose safetensors it is.
        notes["format"] = nil
        message.metadataProps = notes.sorted { $0.key < $1.key }.map { key, value in
            .with { ($0.key, $0.value) = (key, value) }
        }
        self.message = message
    }

    /// Bytes of the weights in a model of this network.
    ///
    /// - Throws: ``ONNXExportError``.
    private static func checkedSize(
        of network: NetworkDescription, _ options: ONNXOptions
    ) throws(ONNXExportError) -> Int {
        if let normalization = options.normalization,
            normalization.mean.count != network.inputShape.channels
        {
            throw .normalization(
                network: network.architecture.name, channels: network.inputShape.channels,
                constants: normalization.mean.count)
        }
        let layers = network.blocks.flatMap(\.allLayers) + [network.classifier]
        // An average pool may become two matrices.
        let pools = network.nodes.map { node in
            guard case .averagePool(let size) = node.operation else { return 0 }
            return node.inputShape[0].saturatingAdding(node.inputShape[1])
                .saturatingMultiplied(by: size)
        }
        let size = (layers.flatMap(\.parameters).map(\.shape.count) + pools).saturatingSum()
            .saturatingMultiplied(by: MemoryLayout<Float>.size)
        guard size < greatestByteCount else {
            throw .tooLarge(network: network.architecture.name, bytes: size)
        }
        return size
    }

    /// The bytes of the file.
    ///
    /// - Throws: ``ONNXExportError`` if they are too many; `OutOfMemoryError`.
    public func serialized() throws -> [UInt8] {
        let weights = message.graph.initializer.map(\.rawData.count).saturatingSum()
        let tooLarge = ONNXExportError.tooLarge(network: message.graph.name, bytes: weights)
        guard weights < Self.greatestByteCount else { throw tooLarge }
        try HostMemory.check(weights, for: "the bytes of the ONNX model")
        let bytes: [UInt8]
        do { bytes = try message.serializedBytes() } catch is BinaryEncodingError {
            throw tooLarge
        }
        guard bytes.count <= Self.greatestByteCount else { throw tooLarge }
        return bytes
    }

    /// Writes the file, replacing any other of that name at once.
    ///
    /// - Throws: as ``serialized()``; `FileError` if the file cannot be written. Then nothing is left.
    public func write(to path: String) throws {
        try AtomicFile.write(try serialized(), to: path)
    }
}

/// Why a network cannot be an ONNX model.
public enum ONNXExportError: CategorizedError, Equatable {
    /// Protobuf, which ONNX is made of, has no messages beyond 2 GiB.
    case tooLarge(network: String, bytes: Int)
    /// Images of so many channels cannot be normalised with so many constants.
    case normalization(network: String, channels: Int, constants: Int)

    /// Bad data.
    public var category: ErrorCategory { .malformedData }

    /// Two lines at most.
    public var description: String {
        switch self {
        case .tooLarge(let network, let bytes):
            """
            \(network) has \(readableBytes(bytes)) of weights, and an ONNX file holds at most 2 GiB
            Write its weights as safetensors, or use a smaller network.
            """
        case .normalization(let network, let channels, let constants):
            """
            \(network) takes images of \(channels) channels, and the weights name \(constants) \
            means and deviations for them
            """
        }
    }
}
