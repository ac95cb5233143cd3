import FileFormats

extension DatasetDescription {
    /// A folder that the user named: no other is looked in.
    struct NamedPlace: Equatable {
        let folder: String
        /// What named it: the caller, or `$LLS_DATA`.
        let by: DatasetError.Place
    }

    /// Whether the name says where the data lies, as `folder:PATH` does.
    public var namesItsPlace: Bool { subfolders.isEmpty }

    /// The folders in which this data set is looked for, first choice first.
    ///
    /// That is the given folder and nothing else; without it `$LLS_DATA` and nothing else; without
    /// both `~/.cache/lls/data`, then the fixed places. For `folder:PATH` it is that path.
    public func searchFolders(
        dataDirectory: String? = nil, environment: [String: String] = Environment.variables
    ) -> [String] {
        if namesItsPlace { return fixedFolders }
        var folders: [String] = []
        func look(in folder: String) {
            folders += subfolders.map { join(folder, $0) }
            if !belongsToAnother(folder) { folders.append(folder) }
        }
        if let named = namedPlace(dataDirectory, environment) {
            look(in: named.folder)
        } else {
            if let home = Environment.home(in: environment) {
                look(in: join(home, ".cache/lls/data"))
            }
            folders += fixedFolders
        }
        var seen: Set<ByteString> = []
        return folders.filter { seen.insert(ByteString($0)).inserted }
    }

    private func namedPlace(
        _ dataDirectory: String?, _ environment: [String: String]
    ) -> NamedPlace? {
        if let dataDirectory { return NamedPlace(folder: dataDirectory, by: .argument) }
        return Environment.path("LLS_DATA", in: environment)
            .map { NamedPlace(folder: $0, by: .environment) }
    }

    /// The first folder that holds the data set, without opening any of its files.
    ///
    /// Throws ``DatasetError`` with every folder looked at, and what those lack that hold a
    /// part of it.
    public func locate(
        dataDirectory: String? = nil, environment: [String: String] = Environment.variables
    ) throws(DatasetError) -> DatasetLocation {
        if namesItsPlace, let dataDirectory {
            throw .placeNamedTwice(name: name, dataDirectory: dataDirectory)
        }
        var looked: [String] = []
        for folder in searchFolders(dataDirectory: dataDirectory, environment: environment) {
            var (lacking, best) = ([String](), 0)
            for (index, layout) in format.layouts.enumerated() {
                let paths = layout.entries.map { names in
                    names.map { join(folder, $0) }.first(where: FileSystem.exists)
                }
                let found = paths.compactMap { $0 }
                if found.count == paths.count, !paths.isEmpty || FileSystem.isFolder(folder) {
                    return DatasetLocation(folder: folder, layout: index, paths: found)
                }
                if found.count > best {
                    lacking = zip(layout.names, paths).filter { $1 == nil }.map(\.0)
                    best = found.count
                }
            }
            looked.append(
                lacking.isEmpty
                    ? folder.legible
                    : "\(folder.legible) (lacks \(lacking.joined(separator: ", ")))")
        }
        let place = namesItsPlace ? nil : namedPlace(dataDirectory, environment)
        let named = namesItsPlace ? fixedFolders.first : place?.folder
        if let named, !FileSystem.isFolder(named) {
            looked = ["\(named.legible), which is not a folder"]
        }
        throw .missing(
            name: name, place: place?.by, folders: looked,
            needed: namesItsPlace ? [["class folders"]] : format.layouts.map(\.names),
            advice: advice)
    }

    /// MNIST and its kin share file names, and so do class folders, so only the folder's name tells
    /// one data set from another.
    private func belongsToAnother(_ folder: String) -> Bool {
        let path = FileSystem.resolved(folder) ?? folder
        let parts = path.pathParts.map(ByteString.init)
        func isOne(of subfolders: [String]) -> Bool {
            subfolders.contains {
                let ending = $0.pathParts.map(ByteString.init)
                return parts.suffix(ending.count).elementsEqual(ending)
            }
        }
        return !isOne(of: subfolders)
            && DatasetCatalog.all.contains {
                $0.name != name && isFixed(path, of: $0) || isOne(of: $0.subfolders)
            }
    }

    private func isFixed(_ path: String, of other: DatasetDescription) -> Bool {
        other.fixedFolders.contains { ByteString($0) == ByteString(path.withoutEndingSlashes) }
    }
}

func join(_ folder: String, _ name: String) -> String { folder.appending(pathPart: name) }
