import ArgumentParser
import COCO
import FileFormats

struct DataPrepareVWW: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prepare-vww",
        abstract: "Labels COCO 2014 for Visual Wake Words: is there a person in the image?",
        discussion: """
            Example: lls data get VWW; lls data prepare-vww --minival mscoco_minival_ids.txt
            The ids are a text file with one a line; TensorFlow's models repository has it under \
            research/object_detection/data.
            """)

    @OptionGroup var place: DataFolderOptions
    @Option(
        help: "File of the ids of the validation images, one per line.", completion: .file(),
        transform: pathArgument)
    var minival: String
    @Option(
        help: "Folder of instances_train2014.json and instances_val2014.json.",
        completion: .directory, transform: pathArgument)
    var annotations: String?
    @Option(
        help: "Folder of train2014 and val2014, or of all2014.", completion: .directory,
        transform: pathArgument)
    var images: String?
    @Option(
        help: "Output folder (default: beside the annotations).",
        completion: .directory, transform: pathArgument)
    var out: String?
    @Flag(help: "Do not check that the images exist.")
    var withoutImages = false
    @Flag(help: "Print the result as a JSON object.") var json = false

    private struct Result: Encodable {
        let training, training_positive, validation, validation_positive: Int
        let folder: String
    }

    func run() throws {
        let source = annotations ?? place.folder.appending(pathPart: "coco/annotations")
        let target = out ?? source
        let ids = try readIdentifiers(minival)
        let files = try ["train", "val"].map { split in
            let path = "\(source)/instances_\(split)2014.json"
            Console.note("reading \(path)")
            return try COCOAnnotations(reading: path)
        }
        let words = try VisualWakeWords(files, minival: ids, minivalPath: minival)
        if !withoutImages {
            try checkImages(of: words, in: images ?? source.parentFolder)
        }
        try VisualWakeWordsFile.write(words.validation, to: "\(target)/instances_val.json")
        try VisualWakeWordsFile.write(words.training, to: "\(target)/instances_train.json")
        let result = Result(
            training: words.training.count,
            training_positive: words.training.count { $0.label == 1 },
            validation: words.validation.count,
            validation_positive: words.validation.count { $0.label == 1 }, folder: target)
        Console.result(
            json
                ? try LLSCommands.json(result)
                : "result training=\(result.training) "
                    + "training_positive=\(result.training_positive) "
                    + "validation=\(result.validation) "
                    + "validation_positive=\(result.validation_positive) folder=\(target)")
    }

    /// Throws ``FileError`` with the number and first names of the images that no folder has.
    private func checkImages(of words: VisualWakeWords, in folder: String) throws(FileError) {
        let folders = ["all2014", "train2014", "val2014"].map { "\(folder)/\($0)" }
        let listings = folders.compactMap { try? FileSystem.list($0) }
        let present = Set(listings.joined().map(ByteString.init))
        let missing = (words.training + words.validation).map(\.image.fileName)
            .filter { !present.contains(ByteString($0)) }
        guard missing.isEmpty else {
            let names = missing.prefix(3).map(\.legible).joined(separator: ", ")
            let subject = missing.count == 1 ? "1 image is" : "\(missing.count) images are"
            throw FileError(
                path: folder, operation: "find all images",
                reason: "\(subject) not in all2014, train2014 or val2014: \(names)"
                    + (missing.count > 3 ? ", …" : ""),
                category: .missingInput)
        }
    }
}
