import Foundation
import Suggestions

extension DatasetDescription {
    /// The folders in which this data set is looked for, first choice first.
    ///
    /// That is the given folder, `$LLS_DATA`, `~/.cache/lls/data`, then the system's places.
    public func searchFolders(
        dataDirectory: String? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> [String] {
        var folders: [String] = []
        func look(in folder: String) {
            folders += subfolders.map { join(folder, $0) }
            if !belongsToAnother(folder) { folders.append(folder) }
        }
        if let dataDirectory { look(in: dataDirectory) }
        if let folder = environment["LLS_DATA"], !folder.isEmpty { look(in: folder) }
        if let home = environment["HOME"], !home.isEmpty { look(in: join(home, ".cache/lls/data")) }
        folders += systemFolders
        var seen: Set<String> = []
        return folders.filter { seen.insert($0).inserted }
    }

    /// The first of the folders that holds all the files, with the files' paths in their order.
    func locate(_ files: [String], in folders: [String]) throws(DatasetError)
        -> (folder: String, paths: [String])
    {
        var looked: [String] = []
        for folder in folders {
            let paths = files.map { file in
                [join(folder, file), join(folder, file + ".gz")].first {
                    FileManager.default.fileExists(atPath: $0)
                }
            }
            let found = paths.compactMap { $0 }
            if found.count == files.count { return (folder, found) }
            let lacking = zip(files, paths).filter { $1 == nil }.map(\.0).joined(separator: ", ")
            looked.append(found.isEmpty ? folder : "\(folder) (lacks \(lacking))")
        }
        throw .missing(name: name, folders: looked, files: files, advice: advice)
    }

    /// MNIST and its kin share file names, so only the folder's name tells one from another.
    private func belongsToAnother(_ folder: String) -> Bool {
        let path = NSString(string: folder).standardizingPath
        return DatasetCatalog.all.contains { other in
            other.name != name
                && (other.systemFolders.contains(path)
                    || other.subfolders.contains { path == $0 || path.hasSuffix("/" + $0) })
        }
    }
}

private func join(_ folder: String, _ name: String) -> String {
    folder.hasSuffix("/") ? folder + name : folder + "/" + name
}
