import ArgumentParser
import Datasets
import Downloads
import FileFormats

struct DataVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Checks the hashes and images of a data set, and lists every problem.",
        discussion: "Example: lls data verify CIFAR10")

    @OptionGroup var place: DataFolderOptions
    @Flag(help: "Print one JSON object.") var json = false
    @Argument(help: "The data set.", completion: DatasetNames.completion) var dataset: String

    private struct Result: Encodable {
        let dataset: String
        let folder: String?
        let files_hashed: Int
        let problems: [String]
    }

    func run() throws {
        let description = try namedDataset(dataset)
        let location = try description.locate(dataDirectory: place.dataDirectory)
        var (hashed, found) = description.compareContents(location)
        var problems = found.map(\.description)
        hashed += try checkPins(description, location, &problems)
        problems += try description.verify(
            dataDirectory: place.dataDirectory, note: { Console.note("note: \($0)") },
            progress: { done, total in
                if Console.redraws { Console.redraw("decoded \(done) of \(total) images") }
            }
        ).map(\.description)
        if Console.redraws { Console.redraw("") }
        let result = Result(
            dataset: description.name, folder: location.folder, files_hashed: hashed,
            problems: problems)
        if json {
            Console.result(try LLSCommands.json(result))
        } else {
            for problem in problems { Console.result(problem) }
            Console.result(
                "result dataset=\(result.dataset) folder=\(location.folder) "
                    + "files_hashed=\(hashed) problems=\(problems.count)")
        }
        guard problems.isEmpty else { throw ExitCode(ExitStatus.outOfBounds.rawValue) }
    }

    /// Compares archives with their pins, beside the data and where 'get' puts them, and returns how
    /// many there were. What the data set's own sums have vouched for is not compared again, and one
    /// that is packed anew, as Debian does with Fashion-MNIST, is told by the same sums.
    private func checkPins(
        _ description: DatasetDescription, _ location: DatasetLocation, _ problems: inout [String]
    ) throws -> Int {
        var paths = Set(location.paths.map(ByteString.init))
        var count = 0
        for part in description.files?.parts ?? [] {
            for folder in [location.folder] + place.folders.map(part.place) {
                let path = folder.appending(pathPart: part.file.name)
                guard FileSystem.exists(path), paths.insert(ByteString(path)).inserted else {
                    continue
                }
                count += 1
                if let mismatch = try part.file.mismatch(at: path),
                    !description.isPackedAnew(path)
                {
                    problems.append("\(path.legible): \(mismatch)")
                }
            }
        }
        return count
    }
}
