import Foundation
import Suggestions

extension DatasetDescription {
    /// The folders in which this data set is looked for, first choice first.
    ///
    /// That is the given folder, `$LLS_DATA`, `~/.cache/lls/data`, then the fixed places; for
    /// `folder:PATH` that path alone.
    public func searchFolders(
        dataDirectory: String? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> [String] {
        if subfolders.isEmpty { return fixedFolders }
        var folders: [String] = []
        func look(in folder: String) {
            folders += subfolders.map { join(folder, $0) }
            if !belongsToAnother(folder) { folders.append(folder) }
        }
        if let dataDirectory { look(in: dataDirectory) }
        if let folder = environment["LLS_DATA"], !folder.isEmpty { look(in: folder) }
        if let home = environment["HOME"], !home.isEmpty { look(in: join(home, ".cache/lls/data")) }
        folders += fixedFolders
        var seen: Set<String> = []
        return folders.filter { seen.insert($0).inserted }
    }

    /// The first folder that holds the data set, without opening any of its files.
    ///
    /// Throws ``DatasetError/missing`` with every folder looked at, and what those lack that hold a
    /// part of it.
    public func locate(
        dataDirectory: String? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(DatasetError) -> DatasetLocation {
        var looked: [String] = []
        for folder in searchFolders(dataDirectory: dataDirectory, environment: environment) {
            var lacking: [String] = []
            for (index, layout) in format.layouts.enumerated() {
                let paths = layout.entries.map { names in
                    names.map { join(folder, $0) }.first {
                        FileManager.default.fileExists(atPath: $0)
                    }
                }
                let found = paths.compactMap { $0 }
                if found.count == paths.count {
                    return DatasetLocation(folder: folder, layout: index, paths: found)
                }
                if !found.isEmpty, lacking.isEmpty {
                    lacking = zip(layout.names, paths).filter { $1 == nil }.map(\.0)
                }
            }
            looked.append(
                lacking.isEmpty
                    ? folder : "\(folder) (lacks \(lacking.joined(separator: ", ")))")
        }
        throw .missing(
            name: name, folders: looked, needed: format.layouts.map(\.names), advice: advice)
    }

    /// MNIST and its kin share file names, and so do class folders, so only the folder's name tells
    /// one data set from another.
    private func belongsToAnother(_ folder: String) -> Bool {
        let path = NSString(string: folder).standardizingPath
        func isOne(of subfolders: [String]) -> Bool {
            subfolders.contains { path == $0 || path.hasSuffix("/" + $0) }
        }
        return !isOne(of: subfolders)
            && DatasetCatalog.all.contains {
                $0.fixedFolders.contains(path) && $0.name != name || isOne(of: $0.subfolders)
            }
    }
}

func join(_ folder: String, _ name: String) -> String {
    folder.hasSuffix("/") ? folder + name : folder + "/" + name
}
