import Datasets

extension DatasetDescription {
    /// Photographs in a folder `photographs` of the data folder, sorted into class folders in `train`
    /// and `val`.
    static let photographs = DatasetDescription(
        name: "Photographs", height: 64, width: 64,
        normalization: Normalization(
            mean: [0.5, 0.5, 0.5], standardDeviation: [0.25, 0.25, 0.25]),
        training: ImageTransform([
            .resize(shorterSide: 72), .randomCrop(height: 64, width: 64), .randomFlip,
        ]),
        testing: ImageTransform([.resize(shorterSide: 72), .centerCrop(side: 64)]),
        subfolders: ["photographs"], format: ClassFolders(),
        advice: "It takes images in photographs/train/CLASS/ and photographs/val/CLASS/.")
}
