import Architectures
import Checkpoints
import FileFormats
import Foundation
import Images
import LocalLearning
import ONNX
import Runs

/// What `inspect` has found out about a file or a folder. What a kind does not have is nil.
struct Inspection: Encodable {
    let path: String
    /// In words: "safetensors file".
    let kind: String
    /// Of a file.
    var bytes: Int?
    var sha256: String?
    var card: ModelCard?
    /// The file's other notes.
    var metadata: [String: String]?
    var fits: [NetworkFit]?
    var tensors: [Tensor]?
    var onnx: Graph?
    var image: Image?
    var run: Run?
    var checkpoint: Position?
    /// The weights files in a folder.
    var weights: [Inspection]?

    /// A tensor; the last five are nil for types that are no plain numbers.
    struct Tensor: Encodable {
        let name, type: String
        let shape: [Int]
        let count: Int
        let min, max, mean: Double?
        let nan, infinite: Int?

        init(_ name: String, _ type: String, _ shape: [Int], _ statistics: TensorStatistics?) {
            self.name = name
            self.type = type
            self.shape = shape
            count = shape.saturatingProduct()
            min = statistics?.minimum
            max = statistics?.maximum
            mean = statistics?.mean
            nan = statistics?.nanCount
            infinite = statistics?.infinityCount
        }
    }

    struct Graph: Encodable {
        struct Value: Encodable {
            let name: String
            let type: String?
            let shape: [String]
            let text: String?

            init(_ value: ONNXSummary.Value) {
                (name, type, shape, text) = (value.name, value.type, value.shape, value.text)
            }
        }

        let producer, producer_version: String
        let format_version: Int
        let opsets: [String: Int]
        let text: String?
        let inputs, outputs: [Value]
        let operators: [String: Int]
    }

    struct Image: Encodable { let format: String, height, width: Int }

    struct Run: Encodable {
        let dataset, model, rule, optimizer: String
        /// Asked for.
        let epochs: Int
        /// How it ended; nil while it goes on, and if it was killed.
        let outcome: RunOutcome?
        let checkpoints: [String]
    }

    struct Position: Encodable { let epoch, batches, steps: Int }
}

// MARK: - Kinds

extension Inspection {
    /// Looks at whatever lies at a path.
    ///
    /// - Throws: `FileError` for what is missing, damaged or of no known kind.
    init(of path: String) throws {
        guard let status = try FileSystem.status(of: path) else {
            throw FileError.reading(path, "open", errno: ENOENT)
        }
        if status.kind == .folder {
            try self.init(folder: path)
            return
        }
        let start = try readStart(of: path, 16)
        var found = try Self.file(path, start)
        found.bytes = try FileSystem.size(of: path)
        found.sha256 = try digestOfFile(path)
        self = found
    }

    private init(path: String, kind: String) {
        self.path = path
        self.kind = kind
    }

    /// What a file is, its first bytes tell; its name decides only which fault is named.
    private static func file(_ path: String, _ start: [UInt8]) throws -> Inspection {
        if let format = imageFormat(start) { return try Self.image(path, format) }
        let suffix = path.pathExtension
        if (start.count > 8 && start[8] == UInt8(ascii: "{") && start[4..<8].allSatisfy { $0 == 0 })
            || ["safetensors", "pt", "pth"].contains(suffix)
        {
            return try safetensors(path)
        }
        if suffix == "onnx" || ONNXSummary.couldBegin(with: start) {
            do { return try graph(path) } catch let error as FileError
                where suffix != "onnx" && error.category == .malformedData
            {
                throw unknown(path, start)
            }
        }
        if start.first == UInt8(ascii: "{"), let found = try card(path) { return found }
        throw unknown(path, start)
    }

    private static func unknown(_ path: String, _ start: [UInt8]) -> FileError {
        let hexadecimal = start.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        let text = start.map { (0x20..<0x7F).contains($0) ? String(Unicode.Scalar($0)) : "." }
        return FileError(
            path: path, operation: "say what it is",
            reason: start.isEmpty
                ? "the file is empty"
                : "unknown kind of file, which begins with \(hexadecimal.joined(separator: " ")) "
                    + "(\(text.joined()))", category: .malformedData,
            advice: "Known are safetensors, ONNX, images, model.json, and folders of runs and "
                + "checkpoints.")
    }

    private static func safetensors(_ path: String) throws -> Inspection {
        var found = Inspection(path: path, kind: "safetensors file")
        let file = try SafetensorsReader(path)
        found.card = try ModelCard(metadata: file.metadata, path: path)
        found.metadata = file.metadata.filter { !$0.key.hasPrefix("lls.") }
        let own = found.card?.network.flatMap { try? Architecture(yaml: $0) }
        found.fits = NetworkFit.all(of: file.shapes, found.card, own: own)
        let types = file.types
        found.tensors = try file.shapes.sorted {
            $0.key.utf8.lexicographicallyPrecedes($1.key.utf8)
        }
        .map { name, shape in
            Tensor(name, types[name]?.rawValue ?? "", shape, try file.statistics(of: name))
        }
        return found
    }

    private static func graph(_ path: String) throws -> Inspection {
        var found = Inspection(path: path, kind: "ONNX model")
        let model = try ONNXSummary(reading: path)
        found.card = try ModelCard(metadata: model.metadata, path: path)
        found.metadata = model.metadata.filter { !$0.key.hasPrefix("lls.") }
        found.onnx = Graph(
            producer: model.producer, producer_version: model.producerVersion,
            format_version: model.formatVersion, opsets: model.opsets, text: model.text,
            inputs: model.inputs.map(Graph.Value.init),
            outputs: model.outputs.map(Graph.Value.init),
            operators: model.operators)
        found.tensors = model.constants.map { Tensor($0.name, $0.type, $0.shape, $0.statistics) }
        return found
    }

    /// Nil for JSON that is no card, unless its name says that it should be one.
    private static func card(_ path: String) throws(FileError) -> Inspection? {
        var found = Inspection(path: path, kind: "model card of a run")
        do { found.card = try ModelCard(reading: path) } catch {
            if path.lastPathPart == "model.json" { throw error }
            return nil
        }
        return found.card == ModelCard() ? nil : found
    }

    // MARK: Images

    private static func imageFormat(_ start: [UInt8]) -> String? {
        let signatures: [(String, [UInt8])] = [
            ("JPEG", [0xFF, 0xD8, 0xFF]), ("PNG", [0x89, 0x50, 0x4E, 0x47]),
            ("GIF", Array("GIF8".utf8)), ("TIFF", Array("II*\0".utf8)),
            ("TIFF", Array("MM\0*".utf8)),
        ]
        if let known = signatures.first(where: { start.starts(with: $0.1) }) { return known.0 }
        if start.starts(with: Array("RIFF".utf8)), start.dropFirst(8).starts(with: "WEBP".utf8) {
            return "WebP"
        }
        return nil
    }

    private static func image(_ path: String, _ format: String) throws -> Inspection {
        var found = Inspection(path: path, kind: "\(format) image")
        do {
            let pixels = try ImageDecoder().decode(file: path)
            found.image = Image(format: format, height: pixels.height, width: pixels.width)
        } catch let error as ImageError {
            throw FileError(
                path: path, operation: "decode the \(format) image", reason: error.reason,
                category: .malformedData)
        }
        return found
    }

    // MARK: Folders

    private init(folder path: String) throws {
        if FileSystem.exists(path.appending(pathPart: Checkpoint.manifestName)) {
            let checkpoint = try Checkpoint(verifying: path)
            self.init(path: path, kind: "checkpoint")
            self.checkpoint = Position(
                epoch: checkpoint.position.epoch, batches: checkpoint.position.batches,
                steps: checkpoint.position.steps)
            weights = [try Inspection(of: checkpoint.weightsFile)]
            return
        }
        guard FileSystem.exists(path.appending(pathPart: "config.yaml")) else {
            throw FileError(
                path: path, operation: "say what it is", reason: "unknown kind of folder",
                category: .malformedData,
                advice:
                    "A run has a config.yaml, and a checkpoint has a \(Checkpoint.manifestName).")
        }
        let folder = try RunFolder(opening: path)
        let configuration = try folder.configuration()
        self.init(path: path, kind: "run")
        if FileSystem.exists(folder.modelFile) { card = try ModelCard(reading: folder.modelFile) }
        let checkpoints =
            FileSystem.isFolder(folder.checkpoints) ? try FileSystem.list(folder.checkpoints) : []
        run = Run(
            dataset: configuration.dataset, model: configuration.model, rule: configuration.rule,
            optimizer: configuration.optimizer, epochs: configuration.epochs,
            outcome: try Self.outcome(folder),
            checkpoints: checkpoints.filter { Int($0) != nil })
        weights = try [folder.lastWeights, folder.bestWeights].filter(FileSystem.exists)
            .map { try Inspection(of: $0) }
    }

    private static func outcome(_ folder: RunFolder) throws(FileError) -> RunOutcome? {
        guard FileSystem.exists(folder.resultFile) else { return nil }
        let bytes = try readFile(folder.resultFile, limit: 1 << 24)
        do { return try JSONText.read(RunOutcome.self, from: bytes) } catch {
            throw .malformed(
                folder.resultFile, field: "the JSON object", offset: 0,
                "it is not what it should be")
        }
    }
}
