/// A folder of images for each class: `train/CLASS/` and `val/CLASS/`.
///
/// The labels of both splits are places in the sorted names of `train`'s folders, whichever of them
/// `val` holds.
struct ClassFolders: DatasetFormat {
    var layouts: [DatasetLayout] { [.exactly("train", "val")] }

    func read(_ location: DatasetLocation, as description: DatasetDescription) throws
        -> DatasetContents
    {
        let (train, test) = (location.paths[0], location.paths[1])
        let classNames = try Self.classes(in: train)
        return DatasetContents(
            classNames: classNames, train: try Self.split(train, classNames: classNames),
            test: try Self.split(test, classNames: classNames))
    }

    static func classes(in folder: String) throws(DatasetError) -> [String] {
        let names = try FolderListing(folder, isDeep: false).folders
        guard !names.isEmpty else {
            throw .unusable(
                path: folder, reason: "there is no folder of a class in it", advice: advice)
        }
        return names
    }

    /// The images of all classes, one class after the other.
    ///
    /// Throws ``DatasetError/unusable`` naming the classes that have no images, or that are not
    /// among `classNames`.
    static func split(_ folder: String, classNames: [String]) throws(DatasetError) -> ImageSplit {
        let present = try classes(in: folder)
        let labels = Dictionary(
            uniqueKeysWithValues: classNames.enumerated().map { ($1, Int32($0)) })
        let unknown = present.filter { labels[$0] == nil }
        guard unknown.isEmpty else {
            throw .unusable(
                path: folder, reason: "train has no class \(list(unknown))", advice: advice)
        }
        var files: [String] = []
        var fileLabels: [Int32] = []
        var empty: [String] = []
        for name in present {
            let images = try FolderListing(join(folder, name)).images
            if images.isEmpty { empty.append(name) }
            files += images.map { join(join(folder, name), $0) }
            fileLabels += images.map { _ in labels[name] ?? 0 }
        }
        guard empty.isEmpty else {
            throw .unusable(
                path: folder, reason: "there are no images of class \(list(empty))",
                advice: advice)
        }
        return ImageSplit(files: files, labels: fileLabels)
    }

    private static let advice =
        "Each class needs a folder with images in train, and may have one of the same name in val."
}

/// The first few of some names.
func list(_ names: [String]) -> String {
    names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", … (\(names.count))" : "")
}
