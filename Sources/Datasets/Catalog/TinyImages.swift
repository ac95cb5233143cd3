/// CIFAR-10 and CIFAR-100, plain and with the stronger augmentation.
extension DatasetCatalog {
    static let cifar10 = cifar(10, name: "CIFAR10", training: flip)
    static let cifar10Augmented = cifar(10, name: "CIFAR10AUG", training: cropFlipErase)
    static let cifar100 = cifar(100, name: "CIFAR100", training: flip)
    static let cifar100Augmented = cifar(100, name: "CIFAR100AUG", training: cropFlipErase)

    private static let flip = ImageTransform([.randomFlip])
    private static let cropFlipErase = ImageTransform(
        [.randomCrop(height: 32, width: 32, padding: 4), .randomFlip],
        erasing: RandomErasing(probability: 0.2))

    /// The binary archives. torchvision keeps the pickled ones, which are not read here.
    private static func cifar(
        _ classes: Int, name: String, training: ImageTransform
    ) -> DatasetDescription {
        let folder = classes == 10 ? "cifar-10-batches-bin" : "cifar-100-binary"
        let usual = "CIFAR\(classes)"
        return DatasetDescription(
            name: name, classNames: classes == 10 ? cifar10Classes : cifar100Classes,
            height: 32, width: 32,
            normalization: Normalization(
                mean: [0.4914, 0.4822, 0.4465], standardDeviation: [0.2023, 0.1994, 0.2010]),
            training: training,
            subfolders: [folder, "\(usual)/\(folder)", usual, usual.lowercased()],
            format: classes == 10 ? CIFARFormat.cifar10 : CIFARFormat.cifar100,
            advice: "Only the binary version is read, not the pickled one.")
    }

    private static let cifar10Classes = [
        "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
    ]

    private static let cifar100Classes = """
        apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus
        butterfly camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch
        crab crocodile cup dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo
        keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain
        mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain
        plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk
        skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone
        television tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm
        """.split(whereSeparator: \.isWhitespace).map(String.init)
}
