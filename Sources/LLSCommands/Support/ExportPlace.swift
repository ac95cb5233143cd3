import FileFormats
import Runs

/// Where an exported file goes.
struct ExportPlace {
    let path: String
    /// A folder to make for it.
    private let folder: String?

    /// - Parameters:
    ///   - named: by the user; without one a run's file goes into the run's `export`, and any other into the
    ///     current folder, called after the weights.
    ///   - source: the path to the weights, as the user named it.
    ///   - replaces: whether a file that is there may be replaced.
    /// - Throws: `FileError` if one is there that may not.
    init(
        _ named: String?, of source: String, _ weights: SavedWeights, network: String,
        suffix: String, replaces: Bool
    ) throws(FileError) {
        var folder: String?
        if let named {
            path = named
        } else if let run = weights.run,
            FileSystem.exists(source.appending(pathPart: "config.yaml"))
        {
            let made = run.path.appending(pathPart: "export")
            folder = made
            path = made.appending(pathPart: "\(Self.fileName(network)).\(suffix)")
        } else {
            // `000003` alone says nothing.
            let stem =
                weights.checkpoint.map { "\(network)-\($0.path.lastPathPart)" }
                ?? Self.stem(source.lastPathPart)
            path = "\(Self.fileName(stem)).\(suffix)"
        }
        self.folder = folder
        guard !replaces, try FileSystem.status(of: path)?.kind == .file,
            !["/dev", "/proc"].contains(where: path.isInside)
        else { return }
        throw FileError(
            path: path, operation: "write", reason: "the file is there already",
            category: .cannotCreate, advice: "Name another with --output, or use --force.")
    }

    /// Makes the folder if it is not there; it goes again if nothing was written.
    func write(_ body: (String) throws -> Void) throws {
        let made = try folder.map { try FileSystem.makeFolders($0) } ?? []
        do { try body(path) } catch {
            FileSystem.removeEmptyFolders(made)
            throw error
        }
    }

    /// Without its ending, if that is one of weights.
    private static func stem(_ name: String) -> String {
        guard name.pathExtension == "safetensors" else { return name }
        return String(name.dropLast("safetensors".count + 1))
    }

    /// A network's name may be any text.
    private static func fileName(_ name: String) -> String {
        let plain = name.replacing("/", with: "_").replacing("\0", with: "_")
        return plain.hasPrefix(".") || plain.isEmpty ? "_" + plain : plain
    }
}
