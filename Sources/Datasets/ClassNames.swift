import FileFormats

/// Data whose classes are not those that a network knows.
public struct ClassMismatchError: CategorizedError {
    /// The weights, or the run, that know other classes.
    public let path: String
    /// The data set and its folder.
    public let dataset: String
    /// How many classes the weights have, and the data.
    public let known, present: Int
    /// Classes that the weights know and the data lacks, and those that the data has besides.
    public let missing, new: [String]
    /// The data is malformed.
    public var category: ErrorCategory { .malformedData }

    public var description: String {
        let parts = [
            missing.isEmpty ? nil : "the data lacks \(list(missing, upTo: 4))",
            new.isEmpty ? nil : "new in the data: \(list(new, upTo: 4))",
        ].compactMap { $0 }.joined(separator: "; ")
        // What a file system or an archive does to names, and nobody sees: é is one character or two.
        let twins = missing.filter { name in new.contains(name) }
        let cure =
            twins.isEmpty
            ? "Use the data that the weights were trained on, or give its classes the same names."
            : "\(list(twins, upTo: 4)): the same letters in another Unicode form; rename the folders."
        return """
            \(path.legible): the weights have \(known) classes, and \(dataset.legible) has \(present): they differ \
            by name
            \(parts).
            \(cure)
            """
    }
}

extension ImageDataset {
    /// The same images with labels that are places in `names`: classes are matched by the bytes of
    /// their names, whatever order they are listed in.
    ///
    /// - Parameter path: of what knows the names, for the message.
    /// - Throws: ``ClassMismatchError`` if one has a class that the other lacks.
    public func labelled(as names: [String], knownBy path: String) throws(ClassMismatchError)
        -> ImageDataset
    {
        let places = classPlaces(names)
        let own = classPlaces(classNames)
        let missing = names.filter { own[Array($0.utf8)] == nil }
        let new = classNames.filter { places[Array($0.utf8)] == nil }
        guard missing.isEmpty, new.isEmpty, names.count == classNames.count else {
            throw ClassMismatchError(
                path: path, dataset: name, known: names.count, present: classNames.count,
                missing: missing, new: new)
        }
        let labels = classNames.map { places[Array($0.utf8)] ?? 0 }
        var dataset = self
        dataset.classNames = names
        dataset.train = train.relabelled(labels)
        dataset.test = test.relabelled(labels)
        return dataset
    }
}

extension ImageSplit {
    /// With `labels[label]` for each label.
    func relabelled(_ labels: [Int32]) -> ImageSplit {
        ImageSplit(images, labels: self.labels.map { labels[Int($0)] })
    }
}

/// The place of each name, by its bytes: names that only look alike are two.
func classPlaces(_ names: [String]) -> [[UInt8]: Int32] {
    Dictionary(names.enumerated().map { (Array($1.utf8), Int32($0)) }) { first, _ in first }
}

/// The first few of some names, and how many more there are.
func list(_ names: [String], upTo count: Int = 8) -> String {
    names.prefix(count).map(\.legible).joined(separator: ", ")
        + (names.count > count ? " and \(names.count - count) more" : "")
}
