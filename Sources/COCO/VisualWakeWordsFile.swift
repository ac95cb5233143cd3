import FileFormats

/// The files that the visualwakewords project makes and reads, `instances_train.json` and
/// `instances_val.json`: a COCO file whose categories are 0, not a person, and 1, a person.
///
/// Every image has an annotation: one for each person, or one of category 0 without area. So the
/// category of an image's first annotation is its label.
public enum VisualWakeWordsFile {
    /// An image and whether somebody is in it.
    public struct Sample: Sendable, Equatable {
        public let fileName: String
        /// 0 or 1.
        public let label: Int32
    }

    /// The images in the order of their ids, as the visualwakewords project numbers them.
    ///
    /// Throws ``FileError`` naming the record that is wrong; a file of COCO itself is refused.
    public static func read(_ path: String) throws(FileError) -> [Sample] {
        var images: [COCOImage] = []
        var labels: [Int: Int32] = [:]
        let wanted: [String: Set<String>] = [
            "images": ["id", "file_name", "width", "height"],
            "annotations": ["image_id", "category_id"],
        ]
        try readRecords(path, wanted: wanted) { record throws(FileError) in
            guard record.section == "annotations" else {
                return images.append(try COCOImage(record))
            }
            let category = try record.wholeNumber("category_id")
            guard category <= 1 else {
                throw record.malformed(
                    "category_id",
                    "invalid category \(category): Visual Wake Words has 0 and 1; is it a "
                        + "file of COCO?")
            }
            let image = try record.wholeNumber("image_id")
            labels[image] = max(labels[image] ?? 0, Int32(category))
        }
        images.sort { $0.id < $1.id }
        if let (first, _) = zip(images, images.dropFirst()).first(where: { $0.id == $1.id }) {
            throw .malformed(
                path, field: "images", offset: 0, "image \(first.id) appears twice")
        }
        let samples = images.map {
            Sample(fileName: $0.fileName, label: labels.removeValue(forKey: $0.id) ?? 0)
        }
        if let unknown = labels.keys.min() {
            throw .malformed(
                path, field: "annotations", offset: 0, "unknown image \(unknown)")
        }
        return samples
    }

    /// Writes the file; whoever reads it meanwhile sees the old one or none.
    public static func write(
        _ entries: [VisualWakeWords.Entry], to path: String
    ) throws(FileError) {
        var file = try AtomicFile(path)
        try file.append(
            """
            {"info":{"description":"Visual Wake Words Dataset","url":\
            "https://arxiv.org/abs/1906.05721"},
            "licenses":[],
            "categories":[{"supercategory":"background","id":0,"name":"not-person"},\
            {"supercategory":"person","id":1,"name":"person"}],
            "images":[
            """.utf8)
        var separator = "\n"
        for image in entries.map(\.image) {
            try file.append(
                """
                \(separator){"id":\(image.id),"file_name":\(quoted(image.fileName)),\
                "width":\(image.width),"height":\(image.height)}
                """.utf8)
            separator = ",\n"
        }
        try file.append("\n],\n\"annotations\":[".utf8)
        separator = "\n"
        var id = 0
        for entry in entries {
            let people = entry.people.map { (1, $0.area, $0.box ?? []) }
            for (category, area, box) in people.isEmpty ? [(0, 0, [])] : people {
                try file.append(
                    """
                    \(separator){"id":\(id),"image_id":\(entry.image.id),\
                    "category_id":\(category),"area":\(area),"bbox":\(box),"iscrowd":0}
                    """.utf8)
                separator = ",\n"
                id += 1
            }
        }
        try file.append("\n]}\n".utf8)
        try file.commit()
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
