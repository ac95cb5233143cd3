import FileFormats

/// Anybody's own pictures, in class folders: `train` beside `val`, `valid`, `validation` or `test`;
/// `train` alone; or the class folders themselves. Without a second split, a share of each class is
/// held out for validation.
public struct PictureFolder: DatasetFormat {
    /// Nil: a fifth, by seed 0, if there is no second split.
    private var validation: ValidationSplit?

    /// The format, which splits if it must.
    public init() {}

    func splitting(by validation: ValidationSplit) -> PictureFolder {
        var folder = self
        folder.validation = validation
        return folder
    }

    static let trainingNames = ["train", "training"]
    static let validationNames = ["val", "valid", "validation", "test"]

    public var layouts: [DatasetLayout] {
        [
            DatasetLayout([Self.trainingNames, Self.validationNames]),
            DatasetLayout([Self.trainingNames]), DatasetLayout([]),
        ]
    }

    public func read(_ location: DatasetLocation, as description: DatasetDescription) throws
        -> DatasetContents
    {
        let training = location.paths.first ?? location.folder
        if location.paths.isEmpty { try checkClassFolders(training) }
        let classNames = try ClassFolders.classes(in: training)
        guard classNames.count > 1 else {
            throw DatasetError.unusable(
                path: training, reason: "it contains one class folder, \(list(classNames))",
                advice: "A classifier needs two classes or more, each in a folder of its own.")
        }
        let train = try ClassFolders.split(training, classNames: classNames)
        guard location.paths.count < 2 else { return try read(location, train, classNames) }

        let (kept, held) = try (validation ?? .share(ValidationSplit.standardShare, seed: 0))
            .split(train.split, classNames: classNames, in: location.folder)
        guard held.count > 0 else {
            throw DatasetError.unusable(
                path: training, reason: "no class has a second picture for validation",
                advice: "Add pictures: each class needs one to train on and one to check with.")
        }
        var contents = DatasetContents(
            classNames: classNames, train: FoundSplit(kept, leftOut: train.leftOut),
            test: FoundSplit(held))
        contents.isSplitHere = true
        return contents
    }

    /// Two splits on disk.
    private func read(
        _ location: DatasetLocation, _ train: FoundSplit, _ classNames: [String]
    ) throws -> DatasetContents {
        let used = location.paths[1].lastPathPart
        if case .share = validation {
            throw DatasetError.unusable(
                path: location.folder, reason: "it has a validation split, \(used.legible)",
                advice: "Leave out --val-split, or take that folder away.")
        }
        var contents = DatasetContents(
            classNames: classNames, train: train,
            test: try ClassFolders.split(location.paths[1], classNames: classNames))
        let unused = Self.validationNames.filter {
            $0 != used && FileSystem.exists(join(location.folder, $0))
        }
        if !unused.isEmpty {
            contents.notes.append("\(used.legible) is used for validation, not \(list(unused))")
        }
        return contents
    }

    /// Refuses a folder whose folders are no classes, and says what they are.
    private func checkClassFolders(_ folder: String) throws(DatasetError) {
        let listing = try FolderListing(folder, isDeep: false)
        let splits = listing.folders.filter { Self.validationNames.contains($0) }
        func refuse(_ reason: String, _ advice: String) -> DatasetError {
            .unusable(path: folder, reason: reason, advice: advice)
        }
        guard splits.isEmpty else {
            throw refuse("it contains \(list(splits)), but no train", Self.wanted)
        }
        if listing.folders.isEmpty {
            let pictures = listing.images.count
            throw refuse(
                pictures == 0
                    ? "it contains neither pictures nor class folders"
                    : "its \(pictures) pictures are in no class folder", Self.wanted)
        }
        guard listing.folders.count == 1 else { return }
        let inside = join(folder, listing.folders[0])
        let deeper = try FolderListing(inside, isDeep: false).folders
        if deeper.count > 1 {
            throw refuse(
                "it contains one folder, \(list(listing.folders))",
                "Its folders look like classes or splits: use folder:\(inside.legible).")
        }
    }

    static let wanted = """
        Wanted: a folder of pictures for each class, in train and val (or valid, test), in train \
        alone, or without both.
        """
}
