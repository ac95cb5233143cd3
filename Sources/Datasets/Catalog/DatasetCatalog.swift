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

    /// The data set of this name, whatever its case, `-` and `_`, or the images of `folder:PATH`;
    /// throws ``DatasetError/unknown``.
    public static func named(_ name: String) throws(DatasetError) -> DatasetDescription {
        if name.lowercased().hasPrefix(folderPrefix), name.count > folderPrefix.count {
            return folder(String(name.dropFirst(folderPrefix.count)).expandingHome())
        }
        if let found = all.first(where: { plainName($0.name) == plainName(name) }) { return found }
        let known = all.map(\.name) + [folderPrefix + "PATH"]
        // Whoever names a folder means the images in it.
        let guess =
            FileSystem.isFolder(name) ? folderPrefix + name : nearest(to: name, among: known)
        throw .unknown(name: name, nearest: guess, known: known)
    }
}
