import FileFormats

/// TinyImageNet as published, `train/CLASS/images/` and `val/images/` with `val_annotations.txt`, or
/// with the validation images in class folders, in `val/images/` (as the published training code has
/// them) or in `val/`.
struct TinyImageNetFormat: DatasetFormat {
    var layouts: [DatasetLayout] {
        [
            .exactly("train", "val/images", "val/val_annotations.txt"),
            .exactly("train", "val/images"), .exactly("train", "val"),
        ]
    }

    func read(_ location: DatasetLocation, as description: DatasetDescription) throws
        -> DatasetContents
    {
        let paths = location.paths
        let classNames = try ClassFolders.classes(in: paths[0])
        // Whoever sorts the images into class folders may leave the annotations behind.
        let isFlat = try FolderListing(paths[1], isDeep: false).folders.isEmpty
        if isFlat, location.layout == 1 {
            throw DatasetError.unusable(
                path: paths[1],
                reason: "it has neither class folders nor val/val_annotations.txt",
                advice: "One of them must name the classes of the images.")
        }
        var contents = DatasetContents(
            classNames: classNames,
            train: try ClassFolders.split(paths[0], classNames: classNames),
            test: isFlat && location.layout == 0
                ? FoundSplit(
                    try Self.split(paths[1], annotations: paths[2], classNames: classNames))
                : try ClassFolders.split(paths[1], classNames: classNames))
        // `n01443537_boxes.txt` in each class.
        contents.train.leftOut = contents.train.leftOut.without(".txt")
        return contents
    }

    /// Images of one folder, in the order of the file that says what they are: name, class and a
    /// box a line, between tabs.
    private static func split(
        _ folder: String, annotations path: String, classNames: [String]
    ) throws -> ImageSplit {
        let labels = classPlaces(classNames)
        let present = Set(try FolderListing(folder).images.map(ByteString.init))
        var named: Set<ByteString> = []
        var files: [String] = []
        var fileLabels: [Int32] = []
        var offset = 0
        let bytes = try readFile(path, limit: 1 << 26)
        for (number, line) in bytes.split(separator: 10, omittingEmptySubsequences: false)
            .enumerated()
        {
            defer { offset += line.count + 1 }
            let columns = line.split(separator: 9).map { String(pathBytes: $0) }
            if columns.isEmpty { continue }
            func wrong(_ reason: String) -> FileError {
                .malformed(path, field: "line \(number + 1)", offset: offset, reason)
            }
            guard columns.count >= 2 else { throw wrong("expected an image and a class") }
            let name = ByteString(columns[0])
            guard let label = labels[Array(columns[1].utf8)] else {
                throw wrong("train has no class \(columns[1].legible)")
            }
            guard present.contains(name) else {
                throw wrong("missing image \(join(folder, columns[0]).legible)")
            }
            guard named.insert(name).inserted else {
                throw wrong("\(columns[0].legible) appears twice")
            }
            files.append(join(folder, columns[0]))
            fileLabels.append(label)
        }
        let unnamed = present.subtracting(named).sorted().map(\.text)
        guard unnamed.isEmpty, !files.isEmpty else {
            throw FileError.malformed(
                path, field: "end", offset: bytes.count,
                unnamed.isEmpty
                    ? "it names no images" : "it does not name \(list(unnamed)) of \(folder)")
        }
        return ImageSplit(files: files, labels: fileLabels)
    }
}
