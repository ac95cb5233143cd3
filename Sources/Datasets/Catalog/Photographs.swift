/// Data sets of JPEG and PNG files.
extension DatasetCatalog {
    /// The statistics of ImageNet, in use for all photographs.
    private static let photographs = Normalization(
        mean: [0.485, 0.456, 0.406], standardDeviation: [0.229, 0.224, 0.225])
    private static let erasing = RandomErasing(probability: 0.2)
    private static let basicTraining = ImageTransform([
        .resize(shorterSide: 132), .randomCrop(height: 128, width: 128), .randomFlip,
    ])
    private static let basicTesting = ImageTransform([
        .resize(shorterSide: 132), .centerCrop(side: 128),
    ])

    static let tinyImageNet = DatasetDescription(
        name: "TinyIMAGENET", classCount: 200, height: 64, width: 64, normalization: photographs,
        training: ImageTransform([.randomFlip], erasing: erasing),
        subfolders: [
            "tiny-imagenet-200", "TinyImageNet/tiny-imagenet-200", "TinyIMAGENET", "TinyImageNet",
        ],
        format: TinyImageNetFormat())

    static let imagenette = DatasetDescription(
        name: "IMAGENETTE", classCount: 10, height: 128, width: 128, normalization: photographs,
        training: ImageTransform(
            [.resize(shorterSide: 160), .randomCrop(height: 128, width: 128), .randomFlip],
            erasing: erasing),
        testing: ImageTransform([.resize(shorterSide: 160), .centerCrop(side: 128)]),
        subfolders: imagenetteFolders, format: ClassFolders())

    static let imagenetteBasic = DatasetDescription(
        name: "IMAGENETTE_BASIC", classCount: 10, height: 128, width: 128,
        normalization: photographs, training: basicTraining, testing: basicTesting,
        subfolders: imagenetteFolders, format: ClassFolders())

    private static let imagenetteFolders = [
        "imagenette2-160", "IMAGENETTE/imagenette2-160", "imagenette/imagenette2-160",
        "IMAGENETTE", "imagenette",
    ]

    static let imageNet = DatasetDescription(
        name: "IMAGENET", classCount: 1000, height: 128, width: 128, normalization: photographs,
        training: ImageTransform(
            [.randomResizedCrop(side: 224), .resize(shorterSide: 128), .randomFlip],
            erasing: erasing),
        testing: ImageTransform([
            .resize(shorterSide: 256), .centerCrop(side: 224), .resize(shorterSide: 128),
        ]),
        subfolders: ["imagenet", "ImageNet", "IMAGENET", "ILSVRC2012", "ILSVRC/Data/CLS-LOC"],
        format: ClassFolders(),
        advice: "Get it from image-net.org, and sort train and val into class folders.")

    static let visualWakeWords = DatasetDescription(
        name: "VWW", classNames: ["not-person", "person"], height: 128, width: 128,
        normalization: photographs, training: basicTraining, testing: basicTesting,
        subfolders: ["VWW", "vww", "visualwakewords", "coco2014", "COCO2014", "coco", "COCO"],
        format: VisualWakeWordsFormat(),
        advice: "It takes COCO's images, and labels that are made from COCO's annotations.")

    /// Anybody's own images, prepared like IMAGENETTE_BASIC's, but turned as their EXIF orientation
    /// says.
    static func folder(_ path: String) -> DatasetDescription {
        var description = DatasetDescription(
            name: "folder:\(path)", height: 128, width: 128, normalization: photographs,
            training: basicTraining, testing: basicTesting,
            subfolders: [], fixedFolders: [path], format: PictureFolder(),
            advice: PictureFolder.wanted)
        description.appliesOrientation = true
        return description
    }
}
