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

    private static let side = 32
    /// More than the largest file, of 50,000 records, holds.
    private static let greatestSize = 1 << 28

    var layouts: [DatasetLayout] {
        [DatasetLayout((trainFiles + [testFile]).map { [$0] }), .exactly(archive)]
    }

    func read(_ location: DatasetLocation, as description: DatasetDescription) throws
        -> DatasetContents
    {
        let classes = description.classNames ?? []
        let batches = try files(location).map { file in
            try records(try file.bytes(), path: file.path, classes: classes.count)
        }
        return DatasetContents(
            classNames: classes, train: FoundSplit(join(batches.dropLast())),
            test: FoundSplit(join(batches.suffix(1))))
    }

    func problems(_ location: DatasetLocation, as description: DatasetDescription)
        -> [DatasetProblem]
    {
        do {
            return try files(location).compactMap { file in
                do {
                    _ = try records(
                        try file.bytes(), path: file.path,
                        classes: description.classNames?.count ?? 0)
                    return nil
                } catch {
                    return DatasetProblem(error, in: location.folder)
                }
            }
        } catch {
            return [DatasetProblem(error, in: location.folder)]
        }
    }

    private typealias BatchFile = (path: String, bytes: () throws -> [UInt8])

    /// The training files, then the test file.
    private func files(_ location: DatasetLocation) throws -> [BatchFile] {
        if location.layout == 1 { return try unpack(location.paths[0]) }
        return location.paths.map { path in
            (path, { try readFile(path, limit: Self.greatestSize) })
        }
    }

    /// The files of the archive and what they hold, the test file last. The archive is read once,
    /// front to back, and nothing is written to disk.
    private func unpack(_ archive: String) throws(FileError) -> [BatchFile] {
        let wanted = trainFiles + [testFile]
        var found: [String: [UInt8]] = [:]
        let tar = try TarReader(archive)
        while let member = try tar.next() {
            guard member.isFile, let name = member.path.split(separator: "/").last.map(String.init),
                wanted.contains(name), found[name] == nil
            else { continue }
            found[name] = try tar.read(limit: Self.greatestSize)
        }
        var files: [BatchFile] = []
        for name in wanted {
            guard let bytes = found[name] else {
                throw .malformed(
                    archive, field: "members", offset: 0, "it does not contain \(name)")
            }
            files.append((archive + "/" + name, { bytes }))
        }
        return files
    }

    /// Labels and images of one file: label bytes, then 1024 red, green and blue bytes each.
    func records(
        _ bytes: [UInt8], path: String, classes: Int
    ) throws(FileError) -> (pixels: [UInt8], labels: [Int32]) {
        let area = Self.side * Self.side
        let length = labelBytes + 3 * area
        let count = bytes.count / length
        guard count > 0, bytes.count == count * length else {
            throw .malformed(
                path, field: "record \(count)", offset: count * length,
                "the file ends after \(bytes.count - count * length) of its \(length) bytes")
        }
        let labels = (0..<count).map { Int32(bytes[$0 * length + labelBytes - 1]) }
        if let wrong = labels.firstIndex(where: { $0 >= classes }) {
            throw .malformed(
                path, field: "label \(wrong)", offset: wrong * length + labelBytes - 1,
                "class \(labels[wrong]) of \(classes) classes")
        }
        let pixels = [UInt8](unsafeUninitializedCapacity: count * 3 * area) { pixels, filled in
            bytes.withUnsafeBufferPointer { bytes in
                for record in 0..<count {
                    let planes = record * length + labelBytes
                    for pixel in 0..<area {
                        for channel in 0..<3 {
                            pixels[3 * (record * area + pixel) + channel] =
                                bytes[planes + channel * area + pixel]
                        }
                    }
                }
            }
            filled = count * 3 * area
        }
        return (pixels, labels)
    }

    private func join(_ batches: some Sequence<(pixels: [UInt8], labels: [Int32])>) -> ImageSplit {
        ImageSplit(
            height: Self.side, width: Self.side, channels: 3,
            pixels: Array(batches.map(\.pixels).joined()), labels: batches.flatMap(\.labels))
    }
}
