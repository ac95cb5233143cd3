import FileFormats

/// An image of a COCO file.
public struct COCOImage: Sendable, Equatable {
    public let id: Int
    /// Relative, and never leading upward.
    public let fileName: String
    /// Pixels, at least 1.
    public let width, height: Int

    public init(id: Int, fileName: String, width: Int, height: Int) {
        self.id = id
        self.fileName = fileName
        self.width = width
        self.height = height
    }
}

/// An object somebody outlined in an image.
public struct COCOObject: Sendable, Equatable {
    public let imageID: Int
    public let categoryID: Int
    /// Pixels inside the outline.
    public let area: Double
    /// x, y, width, height; nil where the file has none.
    public let box: [Double]?
}

/// What `instances_*.json` of COCO says of its images, without the outlines.
///
/// Format: cocodataset.org, "Data format", object detection.
public struct COCOAnnotations: Sendable {
    public let path: String
    public let images: [COCOImage]
    /// Of every category, in the file's order; each lies in one of the images.
    public let objects: [COCOObject]
    /// The names of the categories by their id.
    public let categories: [Int: String]

    /// Reads the file in one pass, keeping only what is above.
    ///
    /// Throws ``FileError`` naming the record and field: a missing area, an image or category that
    /// is not in the file, an id that is there twice, an image without size.
    public init(reading path: String) throws(FileError) {
        var images: [COCOImage] = []
        var imageIDs: Set<Int> = []
        var objects: [(object: COCOObject, record: Record)] = []
        var categories: [Int: String] = [:]
        let wanted: [String: Set<String>] = [
            "images": ["id", "file_name", "width", "height"],
            "annotations": ["image_id", "category_id", "area", "bbox"],
            "categories": ["id", "name"],
        ]
        try readRecords(path, wanted: wanted) { record throws(FileError) in
            switch record.section {
            case "images":
                let image = try COCOImage(record)
                guard imageIDs.insert(image.id).inserted else {
                    throw record.malformed("id", "image \(image.id) appears twice")
                }
                images.append(image)
            case "annotations": objects.append((try COCOObject(record), record.withoutFields))
            default:
                let id = try record.wholeNumber("id")
                guard categories.updateValue(try record.text("name"), forKey: id) == nil else {
                    throw record.malformed("id", "category \(id) appears twice")
                }
            }
        }
        // The lists may come in any order, so this waits for the end.
        for (object, record) in objects {
            guard imageIDs.contains(object.imageID) else {
                throw record.malformed("image_id", "unknown image \(object.imageID)")
            }
            guard categories[object.categoryID] != nil else {
                throw record.malformed("category_id", "unknown category \(object.categoryID)")
            }
        }
        self.path = path
        self.images = images
        self.objects = objects.map(\.object)
        self.categories = categories
    }
}

extension Record {
    /// Enough to name it in an error, without what it held.
    fileprivate var withoutFields: Record {
        var record = self
        record.fields = [:]
        return record
    }
}

extension COCOImage {
    init(_ record: Record) throws(FileError) {
        id = try record.wholeNumber("id")
        fileName = try record.text("file_name")
        width = try record.wholeNumber("width")
        height = try record.wholeNumber("height")
        let parts = fileName.split(separator: "/", omittingEmptySubsequences: false)
        guard !parts.contains(""), !parts.contains("."), !parts.contains(".."),
            !fileName.contains("\0")
        else { throw record.malformed("file_name", "it leads outside the folder of images") }
        guard (1...65_535).contains(width), (1...65_535).contains(height) else {
            throw record.malformed("width", "\(width) × \(height) pixels is not a valid image size")
        }
    }
}

extension COCOObject {
    init(_ record: Record) throws(FileError) {
        imageID = try record.wholeNumber("image_id")
        categoryID = try record.wholeNumber("category_id")
        area = try record.number("area")
        box = record.numbers("bbox").flatMap { $0.count == 4 ? $0 : nil }
    }
}
