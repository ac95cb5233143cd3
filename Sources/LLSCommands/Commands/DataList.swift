import ArgumentParser
import Datasets
import Downloads

struct DataList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "Lists all data sets and their folders.",
        discussion: "Example: lls data ls --json")

    @OptionGroup var place: DataFolderOptions
    @Flag(help: "Print one JSON object per data set.") var json = false

    private struct Line: Encodable {
        let name: String
        let folder: String?
        let classes: Int?
        /// Nil where it cannot be fetched.
        let download_bytes: Int?
    }

    func run() throws {
        for description in Registry.datasets {
            let location = try? description.locate(dataDirectory: place.dataDirectory)
            let files = description.files
            let line = Line(
                name: description.name, folder: location?.folder, classes: description.classCount,
                download_bytes: files?.advice == nil ? files?.byteCount : nil)
            Console.result(json ? try LLSCommands.json(line) : plain(line))
        }
        if !json { Console.result("folder:PATH       your own images, in PATH/train and PATH/val") }
    }

    private func plain(_ line: Line) -> String {
        let name = line.name.padded(toColumns: 18)
        if let folder = line.folder { return name + folder }
        guard let bytes = line.download_bytes else { return name + "not found" }
        return name + "not found; 'lls data get \(line.name)' downloads \(megabytes(bytes))"
    }
}
