import FileFormats
import Suggestions

/// Every data set there is.
public enum DatasetCatalog {
    /// Those with a name of their own. Besides them there is `folder:PATH`.
    public static let all: [DatasetDescription] = [
        fashionMNIST, mnist, cifar10, cifar10Augmented, cifar100, cifar100Augmented, tinyImageNet,
        imagenette, imagenetteBasic, imageNet, visualWakeWords,
    ]

    private static let folderPrefix = "folder:"

    /// The data set of this name, whatever its case, `-` and `_`, or the images of `folder:PATH`.
    ///
    /// - Parameter known: the data sets to choose from.
    /// - Throws: ``DatasetError``.
    public static func named(
        _ name: String, among known: [DatasetDescription] = all
    ) throws(DatasetError) -> DatasetDescription {
        if name.lowercased().hasPrefix(folderPrefix), name.count > folderPrefix.count {
            return folder(String(name.dropFirst(folderPrefix.count)).expandingHome())
        }
        if let found = known.first(where: { plainName($0.name) == plainName(name) }) {
            return found
        }
        let names = known.map(\.name) + [folderPrefix + "PATH"]
        // Whoever names a folder means the images in it.
        let guess =
            FileSystem.isFolder(name) ? folderPrefix + name : nearest(to: name, among: names)
        throw .unknown(name: name, nearest: guess, known: names)
    }
}
