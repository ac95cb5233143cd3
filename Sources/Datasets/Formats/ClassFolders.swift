/// A folder of images for each class: `train/CLASS/` and `val/CLASS/`.
///
/// The labels of both splits are places in the sorted names of `train`'s folders, whichever of them
/// `val` holds.
public struct ClassFolders: DatasetFormat {
    /// The format; it has no settings.
    public init() {}

    public var layouts: [DatasetLayout] { [.exactly("train", "val")] }

    public func read(_ location: DatasetLocation, as description: DatasetDescription) throws
        -> DatasetContents
    {
        let (train, test) = (location.paths[0], location.paths[1])
        let classNames = try Self.classes(in: train)
        return DatasetContents(
            classNames: classNames, train: try Self.split(train, classNames: classNames),
            test: try Self.split(test, classNames: classNames))
    }

    static func classes(in folder: String) throws(DatasetError) -> [String] {
        try listing(folder).folders
    }

    private static func listing(_ folder: String) throws(DatasetError) -> FolderListing {
        let listing = try FolderListing(folder, isDeep: false)
        guard !listing.folders.isEmpty else {
            throw .unusable(
                path: folder, reason: "it contains no class folder", advice: advice)
        }
        return listing
    }

    /// The images of all classes, one class after the other.
    ///
    /// Throws ``DatasetError/unusable`` naming the classes that have no images, or that are not
    /// among `classNames`.
    static func split(_ folder: String, classNames: [String]) throws(DatasetError) -> FoundSplit {
        let top = try listing(folder)
        let labels = classPlaces(classNames)
        let unknown = top.folders.filter { labels[Array($0.utf8)] == nil }
        guard unknown.isEmpty else {
            throw .unusable(
                path: folder, reason: "train has no class \(list(unknown))", advice: advice)
        }
        var files: [String] = []
        var fileLabels: [Int32] = []
        var empty: [String] = []
        var leftOut = top.leftOut
        for image in top.images {
            leftOut.add("images beside the class folders", at: join(folder, image))
        }
        for name in top.folders {
            let listing = try FolderListing(join(folder, name))
            if listing.images.isEmpty { empty.append(name) }
            files += listing.images.map { join(join(folder, name), $0) }
            fileLabels += listing.images.map { _ in labels[Array(name.utf8)] ?? 0 }
            leftOut = leftOut + listing.leftOut
        }
        guard empty.isEmpty else {
            let others = leftOut.summary.map { ", but \($0)" } ?? ""
            throw .unusable(
                path: folder, reason: "no images of class \(list(empty))\(others)",
                advice: advice)
        }
        return FoundSplit(ImageSplit(files: files, labels: fileLabels), leftOut: leftOut)
    }

    private static let advice =
        """
        Each class needs a folder with images, JPEG or PNG, in train, and may have one of the same \
        name in val.
        """
}
