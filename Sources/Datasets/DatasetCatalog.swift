import FileFormats
import Foundation
import Suggestions

/// A data set that can be asked for by name: what it is and where it may lie.
public struct DatasetDescription: Sendable {
    public let name: String
    public let classNames: [String]
    public let height, width, channels: Int
    public let normalization: Normalization
    public let augmentation: Augmentation
    /// Where its files lie inside a folder of data sets, the usual place first.
    public let subfolders: [String]
    /// Folders of the operating system that hold this data set and nothing else.
    public let systemFolders: [String]
    /// What to do when it is nowhere.
    public let advice: String
}

/// Every data set there is.
public enum DatasetCatalog {
    public static let all: [DatasetDescription] = [fashionMNIST, mnist]

    /// The data set of this name, whatever its case, `-` and `_`; throws ``DatasetError/unknown``.
    public static func named(_ name: String) throws(DatasetError) -> DatasetDescription {
        if let found = all.first(where: { plainName($0.name) == plainName(name) }) { return found }
        let known = all.map(\.name)
        throw .unknown(name: name, nearest: nearest(to: name, among: known), known: known)
    }

    static let fashionMNIST = DatasetDescription(
        name: "FashionMNIST",
        classNames: [
            "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
            "Bag", "Ankle boot",
        ],
        height: 28, width: 28, channels: 1,
        normalization: Normalization(mean: [0.286], standardDeviation: [0.353]),
        augmentation: Augmentation(cropPadding: 4, flipsHorizontally: true),
        subfolders: ["FashionMNIST/raw", "FashionMNIST", "fashion-mnist"],
        systemFolders: ["/usr/share/datasets/fashion-mnist"],
        advice: "Try 'apt install dataset-fashion-mnist', or name its folder with --data-dir.")

    static let mnist = DatasetDescription(
        name: "MNIST",
        classNames: (0..<10).map(String.init),
        height: 28, width: 28, channels: 1,
        normalization: Normalization(mean: [0.5], standardDeviation: [0.5]),
        augmentation: Augmentation(cropPadding: 4),
        subfolders: ["MNIST/raw", "MNIST", "mnist"],
        systemFolders: ["/usr/share/datasets/mnist"],
        advice: "Put its four IDX files into one of these, or name their folder with --data-dir.")
}
