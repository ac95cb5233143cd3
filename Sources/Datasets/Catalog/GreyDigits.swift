/// MNIST and its kin.
extension DatasetCatalog {
    static let fashionMNIST = DatasetDescription(
        name: "FashionMNIST",
        classNames: [
            "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
            "Bag", "Ankle boot",
        ],
        height: 28, width: 28, channels: 1,
        normalization: Normalization(mean: [0.286], standardDeviation: [0.353]),
        training: ImageTransform([.randomCrop(height: 28, width: 28, padding: 4), .randomFlip]),
        subfolders: ["FashionMNIST/raw", "FashionMNIST", "fashion-mnist"],
        fixedFolders: ["/usr/share/datasets/fashion-mnist"],
        format: IDXFormat(),
        advice: "Try 'apt install dataset-fashion-mnist', or name its folder with --data-dir.")

    static let mnist = DatasetDescription(
        name: "MNIST",
        classNames: (0..<10).map(String.init),
        height: 28, width: 28, channels: 1,
        normalization: Normalization(mean: [0.5], standardDeviation: [0.5]),
        training: ImageTransform([.randomCrop(height: 28, width: 28, padding: 4)]),
        subfolders: ["MNIST/raw", "MNIST", "mnist"],
        fixedFolders: ["/usr/share/datasets/mnist"],
        format: IDXFormat(),
        advice: "Try 'lls data get MNIST', or name the folder of its IDX files with --data-dir.")
}
