import FileFormats

/// Visual Wake Words: is there a person in the image? (Chowdhery et al., arXiv 1906.05721.)
///
/// An image is positive when a person in it covers more than 0.5 % of it. The validation images are
/// COCO's "minival" ids; all others, of both COCO splits, are for training.
public struct VisualWakeWords: Sendable {
    public struct Entry: Sendable, Equatable {
        public let image: COCOImage
        /// The persons that are large enough; the image is positive where there is one.
        public let people: [COCOObject]

        public init(image: COCOImage, people: [COCOObject]) {
            self.image = image
            self.people = people
        }

        /// 1 with a person, 0 without.
        public var label: Int32 { people.isEmpty ? 0 : 1 }
    }

    /// In the order of the files.
    public let training, validation: [Entry]

    /// A person must cover more than this share of the image.
    static let smallestShare = 0.005

    /// Labels the images of COCO files.
    ///
    /// Throws ``FileError`` for an image that is in two of the files, a file that knows no category
    /// 'person', or an id in `minival` (read from `minivalPath`) that no file knows.
    public init(
        _ files: [COCOAnnotations], minival: Set<Int>, minivalPath: String
    ) throws(FileError) {
        var training: [Entry] = []
        var validation: [Entry] = []
        var seen: Set<Int> = []
        for file in files {
            guard let person = file.categories.first(where: { $0.value == "person" })?.key else {
                throw .malformed(
                    file.path, field: "categories", offset: 0, "missing category 'person'")
            }
            let people = Dictionary(
                grouping: file.objects.filter { $0.categoryID == person }, by: \.imageID)
            for image in file.images {
                guard seen.insert(image.id).inserted else {
                    throw .malformed(
                        file.path, field: "images", offset: 0,
                        "image \(image.id) is in another file too")
                }
                let pixels = Double(image.width * image.height)
                let entry = Entry(
                    image: image,
                    people: people[image.id, default: []].filter {
                        $0.area / pixels > Self.smallestShare
                    })
                if minival.contains(image.id) {
                    validation.append(entry)
                } else {
                    training.append(entry)
                }
            }
        }
        let unknown = minival.subtracting(seen).sorted()
        guard unknown.isEmpty else {
            let listed = unknown.prefix(5).map(String.init).joined(separator: ", ")
            throw FileError(
                path: minivalPath, operation: "use",
                reason: "\(unknown.count) of its ids are in no annotation file: \(listed)"
                    + (unknown.count > 5 ? ", …" : ""),
                category: .malformedData)
        }
        self.training = training
        self.validation = validation
    }
}
