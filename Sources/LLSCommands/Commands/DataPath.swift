import ArgumentParser
import Datasets

struct DataPath: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "path",
        abstract: "Prints the folder of a data set.",
        discussion: "Example: ls $(lls data path FashionMNIST)")

    @OptionGroup var place: DataFolderOptions
    @Argument(help: "The data set.", completion: DatasetNames.completion) var dataset: String

    func run() throws {
        let location = try namedDataset(dataset).locate(dataDirectory: place.dataDirectory)
        Console.result(location.folder)
    }
}
