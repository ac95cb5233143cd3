/// How the files of a kind of data set lie in a folder, and how they are read.
protocol DatasetFormat: Sendable {
    /// The ways in which the files may lie; one is enough.
    var layouts: [DatasetLayout] { get }

    /// Reads what was located; image files are listed, not decoded.
    func read(_ location: DatasetLocation, as description: DatasetDescription) throws
        -> DatasetContents

    /// What keeps it from being read, as far as one look at every file tells.
    func problems(_ location: DatasetLocation, as description: DatasetDescription)
        -> [DatasetProblem]
}

/// Files and folders that a data set needs side by side.
struct DatasetLayout: Sendable {
    /// Each with the paths, inside the data set's folder, under which it may be found.
    let entries: [[String]]

    init(_ entries: [[String]]) { self.entries = entries }

    /// Files of MNIST's kind: plain or gzipped, and with a dot where an unpacker put one,
    /// `train-images.idx3-ubyte`.
    static func idx(_ files: [String]) -> DatasetLayout {
        DatasetLayout(
            files.map { name in
                [name, name.replacing("-idx", with: ".idx")].flatMap { [$0, $0 + ".gz"] }
            })
    }

    static func exactly(_ entries: String...) -> DatasetLayout {
        DatasetLayout(entries.map { [$0] })
    }

    /// The entries under their first names, for messages.
    var names: [String] { entries.compactMap(\.first) }
}

/// Where a data set was found.
public struct DatasetLocation: Sendable, Equatable {
    public let folder: String
    /// Which of the format's layouts it has.
    let layout: Int
    /// Of the layout's entries, in their order.
    public let paths: [String]
}

/// What the files of a data set hold.
struct DatasetContents: Sendable {
    /// One for each label.
    var classNames: [String]
    var train, test: FoundSplit
}

/// A split, and the files beside its images.
struct FoundSplit: Sendable {
    var split: ImageSplit
    var leftOut: LeftOutFiles

    init(_ split: ImageSplit, leftOut: LeftOutFiles = LeftOutFiles()) {
        self.split = split
        self.leftOut = leftOut
    }
}
