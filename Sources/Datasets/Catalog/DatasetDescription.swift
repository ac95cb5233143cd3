/// A data set that can be asked for by name: what it is, how it is prepared, where it may lie.
public struct DatasetDescription: Sendable {
    /// As published; for anybody's own images `folder:PATH`.
    public let name: String
    /// One name for each label; nil where only the files tell.
    public let classNames: [String]?
    /// Nil where only the files tell.
    public let classCount: Int?
    /// Of a sample as the network sees it, after the transforms.
    public let height, width, channels: Int
    /// Of each channel, for training and test images alike.
    public let normalization: Normalization
    /// What happens to a training image before it is normalised, and to a test image.
    public let training, testing: ImageTransform
    /// Where its files lie inside a folder of data sets, the usual place first.
    public let subfolders: [String]
    /// Folders that hold this data set and nothing else, wherever data sets lie otherwise.
    public let fixedFolders: [String]
    /// The SHA-256 of what its files hold once they are unpacked, by their usual names: the same data
    /// packed anew is the same data. Empty where the archives themselves are compared.
    public let contentSums: [String: String]
    /// What its files look like.
    public internal(set) var format: any DatasetFormat
    /// Height and width of an image in files whose images all have one size, in pixels.
    var storedSize: PreparationSettings.Size
    /// Whether images are turned as their EXIF orientation says; torchvision does not.
    public internal(set) var appliesOrientation = false
    /// What to know if it was not found, a sentence; nil if there is nothing special about it.
    public let advice: String?

    /// A data set of your own.
    ///
    /// - Parameters:
    ///   - name: unlike every other, whatever the case, `-` and `_`.
    ///   - subfolders: see ``subfolders``; not empty, since that marks a data set whose name is its place.
    ///   - format: one of the package's formats, or your own.
    public init(
        name: String, classNames: [String]? = nil, classCount: Int? = nil,
        height: Int, width: Int, channels: Int = 3, normalization: Normalization,
        training: ImageTransform, testing: ImageTransform = .none,
        subfolders: [String], fixedFolders: [String] = [], contentSums: [String: String] = [:],
        format: any DatasetFormat, advice: String? = nil
    ) {
        self.name = name
        self.classNames = classNames
        self.classCount = classCount ?? classNames?.count
        self.height = height
        storedSize = PreparationSettings.Size(height: height, width: width)
        self.width = width
        self.channels = channels
        self.normalization = normalization
        self.training = training
        self.testing = testing
        self.subfolders = subfolders
        self.fixedFolders = fixedFolders
        self.contentSums = contentSums
        self.format = format
        self.advice = advice
    }
}
