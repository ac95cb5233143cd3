import Foundation

/// Images and their labels, as they lie on disk: bytes, channels last.
public struct ImageSplit: Sendable, Equatable {
    public let height, width, channels: Int
    /// `[count, height, width, channels]`, 0 to 255.
    public let pixels: [UInt8]
    /// `[count]`, each below the number of classes.
    public let labels: [Int32]

    public var count: Int { labels.count }
    /// Bytes of one image, and floats of one prepared sample.
    public var imageSize: Int { height * width * channels }

    /// Traps when there are more or fewer pixels than `[labels, height, width, channels]` needs.
    public init(height: Int, width: Int, channels: Int, pixels: [UInt8], labels: [Int32]) {
        precondition(
            height > 0 && width > 0 && channels > 0
                && pixels.count == labels.count * height * width * channels,
            "\(pixels.count) pixels for \([labels.count, height, width, channels])")
        self.height = height
        self.width = width
        self.channels = channels
        self.pixels = pixels
        self.labels = labels
    }
}

/// A data set in memory: what is trained on, what is tested on, and how both are prepared.
public struct ImageDataset: Sendable {
    public let name: String
    /// One name for each label.
    public let classNames: [String]
    public let train, test: ImageSplit
    public let normalization: Normalization
    /// What is done to training images, never to test images.
    public let augmentation: Augmentation
    /// The folder it was read from.
    public let folder: String

    public init(
        name: String, classNames: [String], train: ImageSplit, test: ImageSplit,
        normalization: Normalization, augmentation: Augmentation, folder: String
    ) {
        self.name = name
        self.classNames = classNames
        self.train = train
        self.test = test
        self.normalization = normalization
        self.augmentation = augmentation
        self.folder = folder
    }
}

extension DatasetDescription {
    /// Reads the data set from the first folder that holds it; image files are listed, not decoded.
    ///
    /// Throws ``DatasetError/missing`` with every folder looked at, or ``FileError`` for a file
    /// that cannot be read or does not hold what it should.
    public func load(
        dataDirectory: String? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> ImageDataset {
        let location = try locate(dataDirectory: dataDirectory, environment: environment)
        let contents = try format.read(location, as: self)
        return ImageDataset(
            name: name, classNames: contents.classNames, train: contents.train,
            test: contents.test, normalization: normalization, augmentation: augmentation,
            folder: location.folder)
    }

    public var augmentation: Augmentation {
        let padding = training.steps.compactMap { step -> Int? in
            if case .randomCrop(_, _, let padding) = step { padding } else { nil }
        }
        return Augmentation(
            cropPadding: padding.first ?? 0,
            flipsHorizontally: training.steps.contains(.randomFlip))
    }
}
