import ArgumentParser
import FileFormats

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
