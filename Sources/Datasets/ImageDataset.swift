import FileFormats

/// Images in memory, all of one size: `[count, height, width, channels]`, 0 to 255.
public struct PixelArray: Sendable, Equatable {
    /// Of each image, in pixels and channels.
    public let height, width, channels: Int
    /// All images, one after the other.
    public let bytes: [UInt8]

    /// Bytes of one image.
    public var imageSize: Int { height * width * channels }
}

/// Images and their labels: small ones as bytes in memory, others as files that are decoded whenever
/// they are asked for.
public struct ImageSplit: Sendable, Equatable {
    /// Where the images are.
    public enum Images: Sendable, Equatable {
        /// In memory.
        case pixels(PixelArray)
        /// Paths of JPEG and PNG files.
        case files([String])
    }

    /// The images, in the order of the labels.
    public let images: Images
    /// `[count]`, each below the number of classes.
    public let labels: [Int32]

    /// How many samples there are.
    public var count: Int { labels.count }

    /// Traps when there are more or fewer pixels than `[labels, height, width, channels]` needs.
    public init(height: Int, width: Int, channels: Int, pixels: [UInt8], labels: [Int32]) {
        precondition(
            height > 0 && width > 0 && channels > 0
                && pixels.count == labels.count * height * width * channels,
            "\(pixels.count) pixels for \([labels.count, height, width, channels])")
        images = .pixels(
            PixelArray(height: height, width: width, channels: channels, bytes: pixels))
        self.labels = labels
    }

    init(_ images: Images, labels: [Int32]) {
        self.images = images
        self.labels = labels
    }

    /// Traps when there are more or fewer files than labels.
    public init(files: [String], labels: [Int32]) {
        precondition(files.count == labels.count, "\(files.count) files, \(labels.count) labels")
        images = .files(files)
        self.labels = labels
    }
}

/// A data set that was found: what is trained on, what is tested on, and how both are prepared.
public struct ImageDataset: Sendable {
    /// As published; `folder:PATH` for images of your own.
    public let name: String
    /// One name for each label.
    public internal(set) var classNames: [String]
    /// The splits.
    public internal(set) var train, test: ImageSplit
    /// Of a prepared sample.
    public internal(set) var shape: SampleShape
    /// Of each channel, for both splits.
    public internal(set) var normalization: Normalization
    /// What happens to a training image before it is normalised, and to a test image.
    public internal(set) var training, testing: ImageTransform
    /// Whether images are turned as their EXIF orientation says.
    public internal(set) var appliesOrientation = false
    /// The folder it was read from.
    public let folder: String
    /// Whether its images came in one heap and were split by its reader.
    public internal(set) var isSplitHere = false
    /// What a user might not expect of its files, a line each.
    public internal(set) var readerNotes: [String] = []
    /// Files beside the images of each split.
    public internal(set) var leftOutOfTrain = LeftOutFiles(), leftOutOfTest = LeftOutFiles()

    /// A data set that was read from `folder`.
    public init(
        name: String, classNames: [String], train: ImageSplit, test: ImageSplit,
        shape: SampleShape, normalization: Normalization, training: ImageTransform,
        testing: ImageTransform, folder: String
    ) {
        self.name = name
        self.classNames = classNames
        self.train = train
        self.test = test
        self.shape = shape
        self.normalization = normalization
        self.training = training
        self.testing = testing
        self.folder = folder
    }
}

/// Height, width and channels of a sample as the network sees it.
public struct SampleShape: Sendable, Equatable {
    /// In pixels and channels.
    public let height, width, channels: Int

    /// - Precondition: all are above 0.
    public init(height: Int, width: Int, channels: Int) {
        precondition(
            height > 0 && width > 0 && channels > 0,
            "a sample of \(height) × \(width) × \(channels)")
        self.height = height
        self.width = width
        self.channels = channels
    }

    /// Floats of a sample.
    public var count: Int { height * width * channels }
}

extension DatasetDescription {
    /// Reads the data set from the first folder that holds it; image files are listed, not decoded.
    ///
    /// Throws ``DatasetError`` with every folder looked at, or `FileError` for a file that cannot
    /// be read or does not hold what it should.
    public func load(
        dataDirectory: String? = nil,
        environment: [String: String] = Environment.variables
    ) throws -> ImageDataset {
        let location = try locate(dataDirectory: dataDirectory, environment: environment)
        return dataset(try format.read(location, as: self), in: location.folder)
    }

    func dataset(_ contents: DatasetContents, in folder: String) -> ImageDataset {
        var dataset = ImageDataset(
            name: name, classNames: contents.classNames, train: contents.train.split,
            test: contents.test.split,
            shape: SampleShape(height: height, width: width, channels: channels),
            normalization: normalization, training: training, testing: testing, folder: folder)
        dataset.appliesOrientation = appliesOrientation
        dataset.isSplitHere = contents.isSplitHere
        dataset.readerNotes = contents.notes
        dataset.leftOutOfTrain = contents.train.leftOut
        dataset.leftOutOfTest = contents.test.leftOut
        return dataset
    }
}
