import FileFormats

/// TinyImageNet as published, `train/CLASS/images/` and `val/images/` with `val_annotations.txt`, or
/// in class folders.
struct TinyImageNetFormat: DatasetFormat {
    var layouts: [DatasetLayout] {
        [.exactly("train", "val/images", "val/val_annotations.txt"), .exactly("train", "val")]
    }

    func read(_ location: DatasetLocation, as description: DatasetDescription) throws
        -> DatasetContents
    {
        let paths = location.paths
        let classNames = try ClassFolders.classes(in: paths[0])
        return DatasetContents(
            classNames: classNames,
            train: try ClassFolders.split(paths[0], classNames: classNames),
            test: location.layout == 0
                ? try Self.split(paths[1], annotations: paths[2], classNames: classNames)
                : try ClassFolders.split(paths[1], classNames: classNames))
    }

    /// Images of one folder, in the order of the file that says what they are: name, class and a
    /// box a line, between tabs.
    private static func split(
        _ folder: String, annotations path: String, classNames: [String]
    ) throws -> ImageSplit {
        let labels = Dictionary(
            uniqueKeysWithValues: classNames.enumerated().map { ($1, Int32($0)) })
        let present = Set(try FolderListing(folder).images)
        var named: Set<String> = []
        var files: [String] = []
        var fileLabels: [Int32] = []
        var offset = 0
        let bytes = try readFile(path, limit: 1 << 26)
        for (number, line) in bytes.split(separator: 10, omittingEmptySubsequences: false)
            .enumerated()
        {
            defer { offset += line.count + 1 }
            let columns = line.split(separator: 9).map { String(decoding: $0, as: UTF8.self) }
            if columns.isEmpty { continue }
            func wrong(_ reason: String) -> FileError {
                .malformed(path, field: "line \(number + 1)", offset: offset, reason)
            }
            guard columns.count >= 2 else { throw wrong("there is no image and class in it") }
            guard let label = labels[columns[1]] else {
                throw wrong("train has no class \(columns[1])")
            }
            guard present.contains(columns[0]) else {
                throw wrong("there is no image \(join(folder, columns[0]))")
            }
            guard named.insert(columns[0]).inserted else {
                throw wrong("\(columns[0]) is there a second time")
            }
            files.append(join(folder, columns[0]))
            fileLabels.append(label)
        }
        let unnamed = present.subtracting(named).sorted(by: precedes)
        guard unnamed.isEmpty, !files.isEmpty else {
            throw FileError.malformed(
                path, field: "end", offset: bytes.count,
                unnamed.isEmpty
                    ? "it names no images" : "it does not name \(list(unnamed)) of \(folder)")
        }
        return ImageSplit(files: files, labels: fileLabels)
    }
}
