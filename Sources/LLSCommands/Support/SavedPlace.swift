import Checkpoints
import FileFormats
import Runs

/// What a path to saved weights stands for: a weights file, a checkpoint, or a run, which stands for its last
/// weights or, if it has none yet, for its newest checkpoint.
struct SavedPlace {
    let weightsFile: String
    /// The run whose folder they lie in; nil for a file from elsewhere.
    let run: RunFolder?
    /// Nil if the weights are of no checkpoint.
    let checkpoint: Checkpoint?

    /// - Throws: `FileError`; `ConfigurationError` if a run's configuration cannot be used.
    init(_ path: String) throws {
        if let folder = Self.checkpointFolder(path) {
            let checkpoint = try Checkpoint(verifying: folder)
            let run = Self.run(around: folder, in: "checkpoints")
            self.init(weightsFile: checkpoint.weightsFile, run: run, checkpoint)
            return
        }
        guard FileSystem.isFolder(path) else {
            guard FileSystem.exists(path) else {
                throw Self.missing(
                    path, "Name a run's folder, a checkpoint or a .safetensors file.")
            }
            self.init(weightsFile: path, run: Self.run(around: path, in: "weights"))
            return
        }
        let run = try RunFolder(opening: path)
        // A configuration that cannot be used is the run's first fault.
        _ = try run.configuration(choices: RunConfiguration.choices)
        if FileSystem.exists(run.lastWeights) {
            self.init(weightsFile: run.lastWeights, run: run)
            return
        }
        let newest = try CheckpointStore(run.checkpoints).newest { path, error in
            Console.note("note: \(path.legible) is left out: \(error)")
        }
        guard let newest else {
            throw Self.missing(
                run.lastWeights, "The run has saved nothing yet: it saves after each epoch.")
        }
        Console.note("note: the run has no weights yet; its newest checkpoint is used")
        self.init(weightsFile: newest.weightsFile, run: run, newest)
    }

    private init(weightsFile: String, run: RunFolder?, _ checkpoint: Checkpoint? = nil) {
        self.weightsFile = weightsFile
        self.run = run
        self.checkpoint = checkpoint
    }

    private static func missing(_ path: String, _ advice: String) -> FileError {
        FileError(
            path: path, operation: "open the weights", reason: "the file does not exist",
            category: .missingInput, advice: advice)
    }

    /// The folder of the checkpoint that a path names, or whose weights file it names.
    private static func checkpointFolder(_ path: String) -> String? {
        let isWeights = path.lastPathPart == Checkpoint.weightsName
        let folder = isWeights ? path.parentFolder : path
        let manifest = folder.appending(pathPart: Checkpoint.manifestName)
        return FileSystem.exists(manifest) ? folder : nil
    }

    /// Of `RUN/weights/best.safetensors` in `weights`, `RUN`.
    private static func run(around path: String, in name: String) -> RunFolder? {
        guard let folder = FileSystem.resolved(path.parentFolder), folder.lastPathPart == name
        else { return nil }
        return try? RunFolder(opening: folder.parentFolder)
    }
}
