/// TinyImageNet as published, `train/CLASS/images/` and `val/images/` with `val_annotations.txt`, or
/// in class folders.
struct TinyImageNetFormat: DatasetFormat {
    var layouts: [DatasetLayout] {
        [.exactly("train", "val/images", "val/val_annotations.txt"), .exactly("train", "val")]
    }

    func read(_ location: DatasetLocation, as description: DatasetDescription) throws
        -> DatasetContents
    {
        throw notYet(location)
    }
}
