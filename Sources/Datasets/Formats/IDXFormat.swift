import FileFormats

/// MNIST's four files of grey images and labels, each plain or gzipped.
public struct IDXFormat: DatasetFormat {
    /// The format; it has no settings.
    public init() {}

    public var layouts: [DatasetLayout] {
        [
            .idx([
                "train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
            ])
        ]
    }

    public func read(_ location: DatasetLocation, as description: DatasetDescription) throws
        -> DatasetContents
    {
        let paths = location.paths
        return DatasetContents(
            classNames: description.classNames ?? [],
            train: FoundSplit(try split(paths[0], paths[1], description)),
            test: FoundSplit(try split(paths[2], paths[3], description)))
    }

    public func problems(_ location: DatasetLocation, as description: DatasetDescription)
        -> [DatasetProblem]
    {
        [0, 2].compactMap { first in
            do {
                _ = try split(location.paths[first], location.paths[first + 1], description)
                return nil
            } catch {
                return DatasetProblem(error, in: location.folder)
            }
        }
    }

    /// One split from a file of grey images and a file of labels.
    private func split(
        _ imagePath: String, _ labelPath: String, _ description: DatasetDescription
    ) throws(FileError) -> ImageSplit {
        let (height, width) = (description.storedSize.height, description.storedSize.width)
        let classes = description.classNames?.count ?? 0
        let images = try IDXFile(reading: imagePath, dimensions: 3)
        guard images.extents[1] == height, images.extents[2] == width else {
            throw .malformed(
                imagePath, field: "image size", offset: 8,
                "\(images.extents[1]) × \(images.extents[2]) instead of \(height) × \(width)")
        }
        guard images.extents[0] > 0 else {
            throw .malformed(imagePath, field: "extent 0", offset: 4, "it contains no images")
        }
        let labels = try IDXFile(reading: labelPath, dimensions: 1)
        guard labels.extents[0] == images.extents[0] else {
            throw .malformed(
                labelPath, field: "extent 0", offset: 4,
                "\(labels.extents[0]) labels for \(images.extents[0]) images")
        }
        if let wrong = labels.elements.firstIndex(where: { Int($0) >= classes }) {
            throw .malformed(
                labelPath, field: "label \(wrong)", offset: labels.elementsOffset + wrong,
                "class \(labels.elements[wrong]) of \(classes) classes")
        }
        return ImageSplit(
            height: height, width: width, channels: 1, pixels: images.elements,
            labels: labels.elements.map(Int32.init))
    }
}
