import Images

/// How images are prepared, as far as that differs from what the catalog says of a data set.
public struct PreparationSettings: Sendable, Equatable {
    /// What is done to training images at random.
    public enum Augmentation: String, Sendable, CaseIterable {
        /// Nothing.
        case none
        /// Every second image is mirrored left to right.
        case flip
        /// Mirrored, and cropped at random: the whole picture but a margin.
        case crop
        /// Mirrored, and 8 to 100 % of the area at aspect ratios of 3:4 to 4:3 resized to a sample.
        case standard
    }

    /// Height and width of a sample, in pixels.
    public struct Size: Sendable, Equatable {
        /// In pixels, above 0.
        public let height, width: Int

        /// A size; both above 0.
        public init(height: Int, width: Int) {
            self.height = height
            self.width = width
        }
    }

    /// Nil: the data set's own; so with all others.
    public var size: Size?
    /// 1 for grey, 3 for colour.
    public var channels: Int?
    /// One number for all channels or one for each, of pixels from 0 to 1.
    public var mean, standardDeviation: [Float]?
    /// What is done to training images at random.
    public var augmentation: Augmentation?
    /// The probability that a rectangle of a training image is erased.
    public var erasing: Double?
    /// Whether images are turned as their EXIF orientation says.
    public var appliesOrientation: Bool?
    /// How pictures without a validation split are split.
    public var validation: ValidationSplit?

    /// Nothing differs.
    public init() {}
}

/// A setting that a data set cannot be prepared with.
public struct PreparationSettingsError: Error, CustomStringConvertible {
    /// Its name: "image size", "channels", "mean", "standard deviation", "erasing".
    public let setting: String
    /// What is wrong with it.
    public let reason: String
    public var description: String { "\(setting): \(reason)" }
}

extension DatasetDescription {
    /// The same data set, prepared with these settings.
    ///
    /// - Throws: ``PreparationSettingsError`` for the first setting that cannot be.
    public func prepared(
        with settings: PreparationSettings
    ) throws(PreparationSettingsError) -> DatasetDescription {
        let channels = settings.channels ?? channels
        guard channels == 1 || channels == 3 else {
            throw PreparationSettingsError(
                setting: "channels", reason: "\(channels) is not allowed: 1 is grey, 3 is colour")
        }
        let size = settings.size ?? PreparationSettings.Size(height: height, width: width)
        guard size.height > 0, size.width > 0,
            size.height * size.width <= ImageDecoder.greatestPixelCount
        else {
            throw PreparationSettingsError(
                setting: "image size",
                reason: "\(size.height)x\(size.width) is not allowed: a sample has from 1 to "
                    + "\(ImageDecoder.greatestPixelCount) pixels")
        }
        var description = DatasetDescription(
            name: name, classNames: classNames, classCount: classCount,
            height: size.height, width: size.width, channels: channels,
            normalization: try normalization(settings, channels: channels),
            training: try training(settings, size), testing: testing(settings, size),
            subfolders: subfolders, fixedFolders: fixedFolders, contentSums: contentSums,
            format: format, advice: advice)
        description.storedSize = storedSize
        description.appliesOrientation = settings.appliesOrientation ?? appliesOrientation
        if let validation = settings.validation { try description.split(by: validation) }
        return description
    }

    private mutating func split(
        by validation: ValidationSplit
    ) throws(PreparationSettingsError) {
        guard let folder = format as? PictureFolder else {
            throw PreparationSettingsError(
                setting: "validation split", reason: "\(name) has a test split of its own")
        }
        format = folder.splitting(by: validation)
    }

    private func normalization(
        _ settings: PreparationSettings, channels: Int
    ) throws(PreparationSettingsError) -> Normalization {
        func constants(
            _ setting: String, _ given: [Float]?, _ own: [Float], _ isAllowed: (Float) -> Bool
        ) throws(PreparationSettingsError) -> [Float] {
            guard let given else {
                // Of another number of channels: the data set's on average, as it is for grey images.
                return own.count == channels
                    ? own
                    : Array(repeating: own.reduce(0, +) / Float(own.count), count: channels)
            }
            guard given.count == 1 || given.count == channels else {
                throw PreparationSettingsError(
                    setting: setting,
                    reason: "\(given.count) numbers for \(channels) channels: give one for all, or "
                        + "one for each")
            }
            if let wrong = given.first(where: { !isAllowed($0) }) {
                throw PreparationSettingsError(setting: setting, reason: "\(wrong) is not allowed")
            }
            return given.count == channels
                ? given : Array(repeating: given[0], count: channels)
        }
        return Normalization(
            mean: try constants("mean", settings.mean, normalization.mean, \.isFinite),
            standardDeviation: try constants(
                "standard deviation", settings.standardDeviation,
                normalization.standardDeviation
            ) { $0.isFinite && $0 > 0 && (1 / $0).isFinite })
    }

    private func testing(
        _ settings: PreparationSettings, _ size: PreparationSettings.Size
    ) -> ImageTransform {
        settings.size == nil
            ? testing
            : ImageTransform([
                margined(size), .centerCrop(height: size.height, width: size.width),
            ])
    }

    private func training(
        _ settings: PreparationSettings, _ size: PreparationSettings.Size
    ) throws(PreparationSettingsError) -> ImageTransform {
        let erasing = try erasing(settings)
        guard settings.size != nil || settings.augmentation != nil else {
            return ImageTransform(training.steps, erasing: erasing)
        }
        let (height, width) = (size.height, size.width)
        let before = testing(settings, size).steps
        let isWhole = before.isEmpty
        let steps: [ImageTransform.Step] =
            switch settings.augmentation ?? .crop {
            case .none: before
            case .flip: before + [.randomFlip]
            case .crop:
                isWhole
                    // Images that already have the size are shifted, as CIFAR's are.
                    ? [
                        .randomCrop(
                            height: height, width: width, padding: max(1, min(height, width) / 8)),
                        .randomFlip,
                    ]
                    : before.filter { if case .centerCrop = $0 { false } else { true } }
                        + [.randomCrop(height: height, width: width), .randomFlip]
            case .standard: [.randomResizedCrop(height: height, width: width), .randomFlip]
            }
        return ImageTransform(steps, erasing: erasing)
    }

    private func erasing(
        _ settings: PreparationSettings
    ) throws(PreparationSettingsError) -> RandomErasing? {
        guard let probability = settings.erasing else { return training.erasing }
        guard (0...1).contains(probability) else {
            throw PreparationSettingsError(
                setting: "erasing", reason: "\(probability) is not allowed: it is a probability")
        }
        return probability == 0 ? nil : RandomErasing(probability: probability)
    }

    /// A picture that covers the sample and a margin of 1/32, as IMAGENETTE_BASIC's 132 do its 128.
    private func margined(_ size: PreparationSettings.Size) -> ImageTransform.Step {
        func margined(_ side: Int) -> Int { side + (side + 16) / 32 }
        return .cover(height: margined(size.height), width: margined(size.width))
    }
}
