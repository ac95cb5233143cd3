/// How the files of a kind of data set lie in a folder, and how they are read.
public protocol DatasetFormat: Sendable {
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
public struct DatasetLayout: Sendable {
    /// Each with the paths, inside the data set's folder, under which it may be found.
    public let entries: [[String]]

    /// A layout of these entries; see ``entries``.
    public init(_ entries: [[String]]) { self.entries = entries }

    /// Files of MNIST's kind: plain or gzipped, and with a dot where an unpacker put one,
    /// `train-images.idx3-ubyte`.
    static func idx(_ files: [String]) -> DatasetLayout {
        DatasetLayout(
            files.map { name in
                [name, name.replacing("-idx", with: ".idx")].flatMap { [$0, $0 + ".gz"] }
            })
    }

    /// Entries that have one path each.
    public static func exactly(_ entries: String...) -> DatasetLayout {
        DatasetLayout(entries.map { [$0] })
    }

    /// The entries under their first names, for messages.
    var names: [String] { entries.isEmpty ? ["class folders"] : entries.compactMap(\.first) }
}

/// Where a data set was found.
public struct DatasetLocation: Sendable, Equatable {
    /// The data set's folder.
    public let folder: String
    /// Which of the format's layouts it has.
    public let layout: Int
    /// Of the layout's entries, in their order.
    public let paths: [String]
}

/// What the files of a data set hold.
public struct DatasetContents: Sendable {
    /// One for each label.
    public var classNames: [String]
    /// The splits.
    public var train, test: FoundSplit
    /// Whether the reader has split the images, which came in one heap.
    public var isSplitHere = false
    /// What a user might not expect, a line each.
    public var notes: [String] = []

    /// What a format has read.
    public init(classNames: [String], train: FoundSplit, test: FoundSplit) {
        self.classNames = classNames
        self.train = train
        self.test = test
    }
}

/// A split, and the files beside its images.
public struct FoundSplit: Sendable {
    /// Images and labels.
    public var split: ImageSplit
    /// Files that are no images.
    public var leftOut: LeftOutFiles

    /// A split, and what was left out of it.
    public init(_ split: ImageSplit, leftOut: LeftOutFiles = LeftOutFiles()) {
        self.split = split
        self.leftOut = leftOut
    }
}
