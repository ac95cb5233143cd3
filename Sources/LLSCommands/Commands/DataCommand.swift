import ArgumentParser
import Datasets
import Downloads
import FileFormats
import Suggestions

struct DataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data",
        abstract: "Lists, downloads, checks, prepares and shows data sets.",
        discussion: "Example: lls data get CIFAR10",
        subcommands: [
            DataList.self, DataGet.self, DataVerify.self, DataPath.self, DataDump.self,
            DataPrepareVWW.self,
        ])
}

/// Which data set a command is about.
struct DataOptions: ParsableArguments {
    @Option(help: "Name of a data set, or folder:PATH.", completion: DatasetNames.completion)
    var dataset = "FashionMNIST"

    @OptionGroup var place: DataFolderOptions

    func validate() throws { _ = try namedDataset(dataset) }

    func load() throws -> ImageDataset {
        try namedDataset(dataset).load(dataDirectory: place.dataDirectory)
    }
}

/// Where data sets lie.
struct DataFolderOptions: ParsableArguments {
    @Option(
        name: [.customLong("data-dir"), .customLong("dataset-dir")],
        help: """
            The only folder to search for the data set (default: $LLS_DATA; if that is not set, \
            ~/.cache/lls/data and the system's folders). Not allowed with folder:PATH.
            """,
        completion: .directory, transform: pathArgument)
    var dataDirectory: String?

    /// The folders that the user keeps data sets in, first choice first: the one that was named, and
    /// no other.
    var folders: [String] {
        let named = dataDirectory ?? Environment.path("LLS_DATA")
        return [named ?? Environment.home().map { $0.appending(pathPart: ".cache/lls/data") }]
            .compactMap { $0?.withoutEndingSlashes }
    }

    /// The one that new data sets go to.
    var folder: String { folders.first ?? "data" }
}

/// What becomes of images that cannot be read.
struct BadImagesOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What to do with unreadable images: error lists them and stops, skip leaves them out.",
            valueName: "policy"))
    var badImages: BadImagePolicy?
}

extension BadImagePolicy: ExpressibleByArgument {}

/// The data set that a user named.
///
/// - Throws: `ValidationError` with the nearest name.
func namedDataset(_ name: String) throws -> DatasetDescription {
    do {
        return try DatasetCatalog.named(name, among: Registry.datasets)
    } catch {
        throw ValidationError("\(error)")
    }
}

extension DatasetDescription {
    /// The files it is made of, where they are known.
    var files: DatasetFiles? {
        DownloadCatalog.all.first { files in
            ([files.dataset] + files.alsoFor).contains { plainName($0) == plainName(name) }
        }
    }
}
