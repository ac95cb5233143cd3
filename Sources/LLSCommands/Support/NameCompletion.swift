import ArgumentParser
import FileFormats
import OpenCLBackend

// What a shell offers for an option that takes names.

extension NameCatalog {
    /// The names and, for a catalog that takes files beside them, files with its suffixes.
    static var completion: CompletionKind {
        let names = entries.map(\.name)
        let suffixes = suffixes
        guard !suffixes.isEmpty else { return .list(names) }
        return .custom { _, _, typed in names + files(beginning: typed, suffixes: suffixes) }
    }
}

extension CompletionKind {
    /// Runs below `runs/`, and the folder that the command line names instead.
    static var runs: CompletionKind {
        .custom { words, _, typed in runFolders(words) + files(beginning: typed, suffixes: []) }
    }

    /// What holds weights: runs, and files.
    static var weights: CompletionKind {
        .custom { words, _, typed in
            runFolders(words) + files(beginning: typed, suffixes: [".safetensors"])
        }
    }

    /// Files of settings, the `config.yaml` of runs among them.
    static var configurations: CompletionKind {
        .custom { words, _, typed in
            runFolders(words).map { $0 + "/config.yaml" }
                + files(beginning: typed, suffixes: [".yaml", ".yml"])
        }
    }

    /// The ids of all OpenCL devices, beside their names where a shell shows them.
    static var devices: CompletionKind {
        .custom { _, _, _ in
            let devices = ((try? OpenCLPlatform.all()) ?? []).flatMap(\.devices)
            return switch CompletionShell.requesting {
            case .zsh: devices.map { "\($0.id.replacing(":", with: "\\:")):\($0.name)" }
            case .fish: devices.map { "\($0.id)\t\($0.name)" }
            default: devices.map(\.id)
            }
        }
    }
}

/// Folders of runs, in the folder that the words of a command line name or in `runs`.
private func runFolders(_ words: [String]) -> [String] {
    let flags = ["--runs-dir", "--save-path"]
    let named = zip(words, words.dropFirst()).filter { flags.contains($0.0) }.last?.1
    let root = (named ?? "runs").withoutEndingSlashes
    func folders(in folder: String) -> [String] {
        ((try? FileSystem.list(folder.expandingHome())) ?? [])
            .map { folder.appending(pathPart: $0) }
    }
    return folders(in: root).flatMap(folders).filter {
        FileSystem.exists($0.expandingHome().appending(pathPart: "config.yaml"))
    }
}

/// Paths that begin with what was typed: files with one of the suffixes, and the folders to them.
///
/// The shell compares these with what was typed, so that its folder stays as it was spelt.
private func files(beginning typed: String, suffixes: [String]) -> [String] {
    let end = typed.lastIndex(of: "/").map(typed.index(after:)) ?? typed.startIndex
    let (folder, start) = (String(typed[..<end]), typed[end...])
    let names = try? FileSystem.list(folder.isEmpty ? "." : folder.expandingHome())
    return (names ?? []).compactMap { name in
        guard name.hasPrefix(start), start.hasPrefix(".") || !name.hasPrefix(".") else {
            return nil
        }
        let path = folder + name
        if FileSystem.isFolder(path.expandingHome()) { return path + "/" }
        return suffixes.contains(where: name.hasSuffix) ? path : nil
    }
}
