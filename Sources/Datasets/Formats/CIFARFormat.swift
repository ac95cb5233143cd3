import FileFormats

/// CIFAR's binary archives, extracted or as they are published.
struct CIFARFormat: DatasetFormat {
    let trainFiles: [String]
    let testFile: String
    /// Of the published archive.
    let archive: String
    /// Label bytes in front of each image, of which the last one counts.
    let labelBytes: Int

    static let cifar10 = CIFARFormat(
        trainFiles: (1...5).map { "data_batch_\($0).bin" }, testFile: "test_batch.bin",
        archive: "cifar-10-binary.tar.gz", labelBytes: 1)

    /// The first label byte is one of 20 coarse classes, the second one of the 100 fine ones.
    static let cifar100 = CIFARFormat(
        trainFiles: ["train.bin"], testFile: "test.bin", archive: "cifar-100-binary.tar.gz",
        labelBytes: 2)

    var layouts: [DatasetLayout] {
        [DatasetLayout((trainFiles + [testFile]).map { [$0] }), .exactly(archive)]
    }

    func read(_ location: DatasetLocation, as description: DatasetDescription) throws
        -> DatasetContents
    {
        throw notYet(location)
    }
}

func notYet(_ location: DatasetLocation) -> FileError {
    .malformed(location.folder, field: "data set", offset: 0, "it cannot be read yet")
}
