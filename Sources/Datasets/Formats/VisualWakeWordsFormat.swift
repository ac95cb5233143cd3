/// COCO 2014's images, in one folder or two, with the label files of Visual Wake Words.
struct VisualWakeWordsFormat: DatasetFormat {
    var layouts: [DatasetLayout] {
        let labels = ["instances_train.json", "instances_val.json"]
            .map { ["annotations/" + $0, $0] }
        return [["all2014"], ["train2014", "val2014"]].map { folders in
            DatasetLayout(labels + folders.map { [$0] })
        }
    }

    func read(_ location: DatasetLocation, as description: DatasetDescription) throws
        -> DatasetContents
    {
        throw notYet(location)
    }
}
