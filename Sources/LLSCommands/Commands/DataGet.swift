import ArgumentParser
import Datasets
import Downloads
import FileFormats

struct DataGet: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract:
            "Downloads a data set, checks its size and SHA-256, and resumes broken downloads.",
        discussion: """
            Example: lls data get CIFAR10
            A folder of data sets behind any web server is a mirror: \
            lls data get CIFAR10 --mirror http://server/data
            """)

    @OptionGroup var place: DataFolderOptions
    @Flag(help: "Do not use the network; list the missing files and their folders.")
    var offline = false
    @Flag(help: "Keep archives after they are unpacked.")
    var keepArchives = false
    @Option(
        help: """
            An address to ask first; the files lie below it as in a folder of data sets \
            (default: $LLS_MIRROR).
            """)
    var mirror: String?
    @Option(help: "Progress display: auto, bar, plain or none.")
    var progress = ProgressStyle.auto
    @Flag(help: "Print the result as a JSON object.") var json = false
    @Argument(help: "The data set.", completion: DatasetNames.completion) var dataset: String

    private struct Missing: Encodable {
        let missing: String
        let bytes: Int
        let sha256: String
        let addresses: [String]
    }

    private struct Result: Encodable {
        let dataset, folder: String
    }

    func run() throws {
        let description = try namedDataset(dataset)
        guard let files = description.files else {
            throw ValidationError("\(description.name) is your own data and cannot be downloaded.")
        }
        if let found = foundAlready(description) { return try show(description, found) }
        let folder = place.folder
        let reporter = DownloadReporter(progress)
        do {
            try Downloader().get(
                files, into: folder,
                mirror: mirror ?? Environment.variables["LLS_MIRROR"],
                isOffline: offline, keepsArchives: keepArchives, report: reporter.show)
        } catch {
            reporter.clear()
            if case DownloadError.offline(_, let missing) = error { try list(missing) }
            throw error
        }
        if let location = try? description.locate(dataDirectory: place.dataDirectory) {
            return try show(description, location.folder)
        }
        // COCO has images for many tasks; which of them shows a person is worked out here.
        Console.note("Make its labels with 'lls data prepare-vww'.")
        try show(description, folder)
    }

    /// Where it is already, whole, so that nothing is to be fetched.
    ///
    /// Without the network that is anywhere. With it, a place of the system's, unless a folder was
    /// asked for; the user's own places are compared with the pins, and repaired.
    private func foundAlready(_ description: DatasetDescription) -> String? {
        let location = try? description.locate(dataDirectory: place.dataDirectory)
        guard let folder = location?.folder else { return nil }
        let isOwn = place.folders.contains { folder.isInside($0) }
        return offline || (place.dataDirectory == nil && !isOwn) ? folder : nil
    }

    /// What `--offline` asks for: each file that is missing, where it goes and where it is had.
    private func list(_ missing: [(file: RemoteFile, folder: String)]) throws {
        for (file, folder) in missing {
            let path = folder.appending(pathPart: file.name)
            if json {
                let line = Missing(
                    missing: path, bytes: file.byteCount, sha256: file.sha256,
                    addresses: file.addresses)
                Console.result(try LLSCommands.json(line))
                continue
            }
            Console.result("\(path)  \(file.pin)")
            for address in file.addresses { Console.result("    \(address)") }
        }
    }

    private func show(_ description: DatasetDescription, _ folder: String) throws {
        let result = Result(dataset: description.name, folder: folder)
        Console.result(
            json
                ? try LLSCommands.json(result)
                : "result dataset=\(result.dataset) folder=\(result.folder)")
    }
}
