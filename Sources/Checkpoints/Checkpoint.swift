import FileFormats
import LocalLearning

/// A state of a run in a folder: `weights.safetensors`, `optimizer.safetensors` and `manifest.jsonl`,
/// which has the size and the SHA-256 of the other two.
public struct Checkpoint: Sendable {
    /// Its folder.
    public let path: String
    /// Where the run stood.
    public var position: TrainingPosition { manifest.position }
    /// What the program that trains kept besides, by name.
    public var run: [String: Double] { manifest.run }
    /// A weights file like any other.
    public var weightsFile: String { path.appending(pathPart: Self.weightsName) }

    let manifest: Manifest

    package static let weightsName = "weights.safetensors"
    static let optimizerName = "optimizer.safetensors"
    package static let manifestName = "manifest.jsonl"

    /// Reads the manifest and hashes all files.
    ///
    /// - Throws: `FileError` that names what is missing, of another size or damaged.
    public init(verifying path: String) throws(FileError) {
        let file = path.appending(pathPart: Self.manifestName)
        let manifest = try Manifest(parsing: try readFile(file, limit: 1 << 24), path: file)
        self.path = path
        self.manifest = manifest
        guard manifest.files.map(\.name).sorted() == [Self.optimizerName, Self.weightsName] else {
            throw .malformed(file, field: "manifest", offset: 0, "it names other files")
        }
        for stated in manifest.files {
            let name = path.appending(pathPart: stated.name)
            let size = try FileSystem.size(of: name)
            guard size == stated.size else {
                throw .malformed(
                    name, field: "file", offset: min(size, stated.size),
                    "it has \(size) bytes, not \(stated.size)")
            }
            guard try digestOfFile(name) == stated.sha256 else {
                throw .malformed(name, field: "file", offset: 0, "its SHA-256 is another")
            }
        }
    }

    /// The state that it holds.
    ///
    /// - Throws: `FileError`.
    public func state() throws(FileError) -> TrainerState {
        let vectors = try SafetensorsFile(reading: path.appending(pathPart: Self.optimizerName))
        var optimizers = manifest.optimizers.map {
            OptimizerState(learningRate: $0.learningRate, numbers: $0.numbers, vectors: [:])
        }
        for (name, entry) in vectors.entries {
            // `GROUP/VECTOR/PARAMETER`
            let parts = name.split(separator: "/", maxSplits: 2)
            guard parts.count == 3, let group = Int(parts[0]), optimizers.indices.contains(group)
            else {
                throw .malformed(
                    vectors.path, field: "tensor '\(name)'", offset: 8, "its name is unknown")
            }
            optimizers[group].vectors[String(parts[1]), default: [:]][String(parts[2])] =
                try vectors.floats(name, shape: entry.shape)
        }
        return TrainerState(
            position: manifest.position, weights: try SafetensorsFile(reading: weightsFile),
            optimizers: optimizers)
    }

    /// Writes a state into a folder that exists and is empty, and the manifest last.
    static func write(
        _ state: TrainerState, run: [String: Double], into folder: String, calls: FileCalls
    ) throws {
        var vectors = SafetensorsFile()
        for (group, optimizer) in state.optimizers.enumerated() {
            for (vector, parameters) in optimizer.vectors {
                for (parameter, values) in parameters {
                    vectors["\(group)/\(vector)/\(parameter)"] = SafetensorsFile.Entry(
                        values, shape: [values.count])
                }
            }
        }
        var files: [Manifest.File] = []
        for (name, file) in [(weightsName, state.weights), (optimizerName, vectors)] {
            let path = folder.appending(pathPart: name)
            try file.write(to: path, calls: calls)
            files.append(
                Manifest.File(
                    name: name, size: try FileSystem.size(of: path),
                    sha256: try digestOfFile(path)))
        }
        let manifest = Manifest(
            position: state.position,
            optimizers: state.optimizers.map {
                Manifest.OptimizerNumbers(learningRate: $0.learningRate, numbers: $0.numbers)
            }, run: run, files: files)
        let path = folder.appending(pathPart: manifestName)
        try AtomicFile.write(try manifest.text(for: path).utf8, to: path, calls: calls)
    }
}
