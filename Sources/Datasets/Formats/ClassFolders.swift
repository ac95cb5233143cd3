/// A folder of images for each class: `train/CLASS/` and `val/CLASS/`.
struct ClassFolders: DatasetFormat {
    var layouts: [DatasetLayout] { [.exactly("train", "val")] }

    func read(_ location: DatasetLocation, as description: DatasetDescription) throws
        -> DatasetContents
    {
        throw notYet(location)
    }
}
