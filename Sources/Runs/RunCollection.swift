import FileFormats
import Foundation

/// The runs in a folder of runs: `<runs>/<name>/<NNN>`, and folders with a `config.yaml` of another name there.
public enum RunCollection {
    /// The folders of all runs, damaged ones among them, in the order of their paths.
    ///
    /// Hidden folders are left out. A folder that cannot be listed is one without runs. Throws ``FileError`` if
    /// `runs` itself cannot be listed.
    public static func folders(in runs: String) throws(FileError) -> [RunFolder] {
        var found: [RunFolder] = []
        for name in try visibleFolders(in: runs) {
            let parent = runs.appending(pathPart: name)
            if hasConfiguration(parent) {
                found.append(RunFolder(at: parent))
                continue
            }
            for part in (try? visibleFolders(in: parent)) ?? [] {
                let path = parent.appending(pathPart: part)
                if isNumber(part) || hasConfiguration(path) {
                    found.append(RunFolder(at: path))
                }
            }
        }
        return found
    }

    /// The run that a user names: by its path, or by its path from the folder of runs on.
    ///
    /// - Throws: ``FileError`` if there is no folder. What it holds is not looked at.
    public static func find(_ name: String, in runs: String) throws(FileError) -> RunFolder {
        let path = name.withoutEndingSlashes
        let candidates = path.isAbsolutePath ? [path] : [path, runs.appending(pathPart: path)]
        for candidate in candidates where FileSystem.isFolder(candidate) {
            return RunFolder(at: candidate)
        }
        throw FileError(
            path: name, operation: "open the run", reason: "there is no such folder",
            category: .missingInput,
            advice: "'runs ls' lists the runs there are.")
    }

    private static func visibleFolders(in folder: String) throws(FileError) -> [String] {
        try FileSystem.entries(of: folder).filter { entry in
            guard !entry.name.hasPrefix(".") else { return false }
            if let kind = entry.kind, kind != .link { return kind == .folder }
            return FileSystem.isFolder(folder.appending(pathPart: entry.name))
        }.map(\.name)
    }

    private static func hasConfiguration(_ path: String) -> Bool {
        FileSystem.isFile(RunFolder(at: path).configurationFile)
    }

    private static func isNumber(_ name: String) -> Bool {
        name.wholeMatch(of: /[0-9]{3,9}/) != nil
    }
}
