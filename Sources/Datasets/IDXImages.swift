import FileFormats

extension DatasetDescription {
    private static let files = [
        "train-images-idx3-ubyte", "train-labels-idx1-ubyte",
        "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
    ]

    /// Reads the data set from the first folder that holds it.
    ///
    /// Throws ``DatasetError/missing`` with every folder looked at, or ``FileError`` for a file
    /// that cannot be read or does not hold what it should.
    public func load(
        dataDirectory: String? = nil, environment: [String: String]? = nil
    ) throws -> ImageDataset {
        let folders =
            environment.map { searchFolders(dataDirectory: dataDirectory, environment: $0) }
            ?? searchFolders(dataDirectory: dataDirectory)
        let (folder, paths) = try locate(Self.files, in: folders)
        return ImageDataset(
            name: name, classNames: classNames,
            train: try split(images: paths[0], labels: paths[1]),
            test: try split(images: paths[2], labels: paths[3]),
            normalization: normalization, augmentation: augmentation, folder: folder)
    }

    /// One split from a file of grey images and a file of labels.
    func split(images imagePath: String, labels labelPath: String) throws(FileError) -> ImageSplit {
        let images = try IDXFile(reading: imagePath, dimensions: 3)
        guard images.extents[1] == height, images.extents[2] == width else {
            throw .malformed(
                imagePath, field: "image size", offset: 8,
                "\(images.extents[1]) × \(images.extents[2]) where \(name) has \(height) × \(width)"
            )
        }
        guard images.extents[0] > 0 else {
            throw .malformed(imagePath, field: "extent 0", offset: 4, "there are no images")
        }
        let labels = try IDXFile(reading: labelPath, dimensions: 1)
        guard labels.extents[0] == images.extents[0] else {
            throw .malformed(
                labelPath, field: "extent 0", offset: 4,
                "\(labels.extents[0]) labels for \(images.extents[0]) images")
        }
        if let wrong = labels.elements.firstIndex(where: { Int($0) >= classNames.count }) {
            throw .malformed(
                labelPath, field: "label \(wrong)", offset: labels.elementsOffset + wrong,
                "class \(labels.elements[wrong]) where there are \(classNames.count)")
        }
        return ImageSplit(
            height: height, width: width, channels: channels, pixels: images.elements,
            labels: labels.elements.map(Int32.init))
    }
}
