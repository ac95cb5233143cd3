import COCO
import FileFormats

/// COCO 2014's images, in one folder or two, with the label files of Visual Wake Words.
struct VisualWakeWordsFormat: DatasetFormat {
    var layouts: [DatasetLayout] {
        let labels = ["instances_train.json", "instances_val.json"]
            .map { ["annotations/" + $0, $0] }
        return [["all2014"], ["train2014", "val2014"]].map { folders in
            DatasetLayout(labels + folders.map { [$0] })
        }
    }

    func read(_ location: DatasetLocation, as description: DatasetDescription) throws
        -> DatasetContents
    {
        let folders = Array(location.paths.dropFirst(2))
        return DatasetContents(
            classNames: description.classNames ?? [],
            train: FoundSplit(try Self.split(location.paths[0], images: folders)),
            test: FoundSplit(try Self.split(location.paths[1], images: folders)))
    }

    /// The images that a label file names, in the order of their ids.
    private static func split(_ path: String, images folders: [String]) throws -> ImageSplit {
        let samples = try VisualWakeWordsFile.read(path)
        var places: [ByteString: String] = [:]
        for folder in folders {
            for name in try FolderListing(folder).images {
                places[ByteString(name)] = join(folder, name)
            }
        }
        let missing = samples.map(\.fileName).filter { places[ByteString($0)] == nil }
        guard missing.isEmpty, !samples.isEmpty else {
            throw DatasetError.unusable(
                path: path,
                reason: samples.isEmpty
                    ? "it names no images"
                    : "it names \(list(missing)), not in \(folders.map(\.legible).joined(separator: " or "))",
                advice: "Download COCO's images again, or make the labels from them anew.")
        }
        return ImageSplit(
            files: samples.compactMap { places[ByteString($0.fileName)] },
            labels: samples.map(\.label))
    }
}
