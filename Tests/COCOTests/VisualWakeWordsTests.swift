import COCO
import FileFormats
import Foundation
import TestSupport
import Testing

struct VisualWakeWordsTests {
    private static let fixtures = Bundle.module.resourcePath.map { $0 + "/Fixtures" } ?? ""

    private func prepared() throws -> VisualWakeWords {
        let files = try ["train", "val"].map {
            try COCOAnnotations(reading: "\(Self.fixtures)/instances_\($0)2014.json")
        }
        let path = Self.fixtures + "/minival.txt"
        return try VisualWakeWords(files, minival: try readIdentifiers(path), minivalPath: path)
    }

    /// The labels that Python gave the same files: id, file name, label.
    private func expected() throws -> [String: [[Any]]] {
        let data = try Data(contentsOf: URL(filePath: Self.fixtures + "/labels.json"))
        let object = try JSONSerialization.jsonObject(with: data)
        return try #require(object as? [String: [[Any]]])
    }

    @Test func labelsAreThoseOfAnIndependentProgram() throws {
        let words = try prepared()
        let expected = try expected()
        for (name, entries) in [("train", words.training), ("val", words.validation)] {
            let rows = try #require(expected[name])
            let sorted = entries.sorted { $0.image.id < $1.image.id }
            #expect(sorted.map(\.image.id) == rows.map { $0[0] as? Int })
            #expect(sorted.map(\.image.fileName) == rows.map { $0[1] as? String })
            #expect(sorted.map { Int($0.label) } == rows.map { $0[2] as? Int })
            #expect(Set(sorted.map(\.label)) == [0, 1])
        }
    }

    @Test func whatIsWrittenIsReadBack() throws {
        let words = try prepared()
        let folder = try TemporaryFolder()
        let path = folder.path + "/instances_train.json"
        try VisualWakeWordsFile.write(words.training, to: path)
        let samples = try VisualWakeWordsFile.read(path)
        let rows = try #require(try expected()["train"])
        #expect(samples.map(\.fileName) == rows.map { $0[1] as? String })
        #expect(samples.map { Int($0.label) } == rows.map { $0[2] as? Int })
        #expect(try folder.contents() == ["instances_train.json"])

        // Another JSON reader sees a file of COCO, with an annotation for every image.
        let data = try Data(contentsOf: URL(filePath: path))
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let annotations = try #require(object["annotations"] as? [[String: Any]])
        let images = try #require(object["images"] as? [[String: Any]])
        #expect(images.count == rows.count)
        #expect(
            Set(annotations.compactMap { $0["image_id"] as? Int })
                == Set(images.compactMap { $0["id"] as? Int }))
        #expect(Set(annotations.compactMap { $0["id"] as? Int }).count == annotations.count)
        let people = annotations.filter { $0["category_id"] as? Int == 1 }
        #expect(people.allSatisfy { ($0["bbox"] as? [Double])?.count == 4 })
    }

    @Test func namesOfAllKindsSurvive() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/v.json"
        let names = ["a\"b\\c.jpg", "tab\tnew\nline", "é😀", "sub/x.jpg"]
        try VisualWakeWordsFile.write(
            names.enumerated().map { id, name in
                VisualWakeWords.Entry(
                    image: COCOImage(id: id, fileName: name, width: 1, height: 1), people: [])
            }, to: path)
        #expect(try VisualWakeWordsFile.read(path).map(\.fileName) == names)
    }

    @Test func aFileOfCOCOItselfIsNoLabelFile() throws {
        let error = #expect(throws: FileError.self) {
            try VisualWakeWordsFile.read(Self.fixtures + "/instances_train2014.json")
        }
        #expect(error?.field?.hasPrefix("annotations[") == true)
        #expect(error?.reason.contains("Visual Wake Words") == true)
    }

    // MARK: Bad input

    private static let image = #"{"id":1,"file_name":"a.jpg","width":10,"height":10}"#
    private static let object = #"{"image_id":1,"category_id":1,"area":50,"bbox":[1,2,3,4]}"#
    private static let person = #"{"id":1,"name":"person"}"#

    private static func text(
        images: String = image, annotations: String = object, categories: String = person
    ) -> String {
        #"{"images":[\#(images)],"annotations":[\#(annotations)],"categories":[\#(categories)]}"#
    }

    @Test func theSmallestGoodFileIsRead() throws {
        let folder = try TemporaryFolder()
        let read = try COCOAnnotations(reading: try folder.put(Array(Self.text().utf8)))
        #expect(read.images.count == 1 && read.objects.count == 1)
        #expect(read.objects.first?.box == [1, 2, 3, 4])
    }

    @Test(arguments: [
        (text(annotations: #"{"image_id":1,"category_id":1}"#), "annotations[0].area", "missing"),
        (
            text(annotations: object + #",{"image_id":1,"category_id":1,"area":"5"}"#),
            "annotations[1].area", "number"
        ),
        (
            text(annotations: #"{"image_id":1,"category_id":1,"area":-1}"#), "annotations[0].area",
            "at least 0"
        ),
        (
            text(annotations: #"{"image_id":1,"category_id":1,"area":1e999}"#), "JSON",
            "too big"
        ),
        (
            text(annotations: #"{"image_id":1,"category_id":1,"area":[5]}"#),
            "annotations[0].area", "number"
        ),
        (
            text(annotations: #"{"image_id":2,"category_id":1,"area":1}"#),
            "annotations[0].image_id", "unknown image 2"
        ),
        (
            text(annotations: #"{"image_id":1,"category_id":9,"area":1}"#),
            "annotations[0].category_id", "unknown category 9"
        ),
        (text(annotations: #"{"category_id":9,"area":1}"#), "annotations[0].image_id", "missing"),
        (text(annotations: "5"), "annotations[0]", "object"),
        (text(annotations: "[5]"), "annotations[0]", "object"),
        (text(images: image + "," + image), "images[1].id", "twice"),
        (
            text(images: #"{"id":1,"id":1,"file_name":"a","width":1,"height":1}"#), "images[0].id",
            "twice"
        ),
        (
            text(images: #"{"id":1.5,"file_name":"a","width":1,"height":1}"#), "images[0].id",
            "whole number"
        ),
        (
            text(images: #"{"id":1,"file_name":"../a","width":1,"height":1}"#),
            "images[0].file_name", "outside"
        ),
        (
            text(images: #"{"id":1,"file_name":"/a","width":1,"height":1}"#),
            "images[0].file_name", "outside"
        ),
        (
            text(images: #"{"id":1,"file_name":7,"width":1,"height":1}"#), "images[0].file_name",
            "string"
        ),
        (
            text(images: #"{"id":1,"file_name":"a","width":0,"height":1}"#), "images[0].width",
            "not a valid image size"
        ),
        (text(categories: person + "," + person), "categories[1].id", "twice"),
        (#"{"images":[],"annotations":[]}"#, "categories", "missing list"),
        (#"{"images":{},"annotations":[],"categories":[]}"#, "images", "list"),
        (#"{"images":null,"annotations":[],"categories":[]}"#, "images", "list"),
        (#"{"images":[],"images":[],"annotations":[],"categories":[]}"#, "images", "twice"),
        ("[]", "the file", "object"),
        ("7", "the file", "object"),
        ("", "JSON", "empty"),
        ("{\"images\":[", "JSON", "nvalid value"),
        (text() + " {}", "JSON", "root"),
        (text() + "\0", "JSON", "zero byte"),
        ("{\"a\":\"\u{1}\"}", "JSON", "nvalid"),
        (String(repeating: "[", count: 100_000), "the file", "object"),
        ("{\"a\":" + String(repeating: "[", count: 100_000), "JSON", "deep"),
    ])
    func badFilesAreExplained(text: String, field: String, reason: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.put(Array(text.utf8))
        let error = #expect(throws: FileError.self) { try COCOAnnotations(reading: path) }
        #expect(error?.category == .malformedData)
        #expect(error?.field == field)
        #expect(try #require(error).reason.contains(reason))
    }

    @Test func bytesThatAreNotUTF8AreRefused() throws {
        let folder = try TemporaryFolder()
        let path = try folder.put(Array("{\"a\":\"".utf8) + [0xC3, 0x28] + Array("\"}".utf8))
        let error = #expect(throws: FileError.self) { try COCOAnnotations(reading: path) }
        #expect(error?.field == "JSON")
    }

    @Test func aFolderIsNoFile() throws {
        let folder = try TemporaryFolder()
        let error = #expect(throws: FileError.self) {
            try COCOAnnotations(reading: folder.path)
        }
        #expect(error?.category == .missingInput)
    }

    @Test func withoutPersonsThereAreNoLabels() throws {
        let folder = try TemporaryFolder()
        let text = Self.text(categories: #"{"id":1,"name":"dog"}"#)
        let file = try COCOAnnotations(reading: try folder.put(Array(text.utf8)))
        let error = #expect(throws: FileError.self) {
            try VisualWakeWords([file], minival: [1], minivalPath: "ids")
        }
        #expect(error?.field == "categories")
    }

    @Test func idsThatNobodyKnowsAreListed() throws {
        let folder = try TemporaryFolder()
        let file = try COCOAnnotations(reading: try folder.put(Array(Self.text().utf8)))
        let error = #expect(throws: FileError.self) {
            try VisualWakeWords([file], minival: [1, 7, 8], minivalPath: "ids.txt")
        }
        #expect(error?.path == "ids.txt")
        #expect(error?.reason == "2 of its ids are in no annotation file: 7, 8")
    }

    @Test func anImageInTwoFilesIsRefused() throws {
        let folder = try TemporaryFolder()
        let file = try COCOAnnotations(reading: try folder.put(Array(Self.text().utf8)))
        let error = #expect(throws: FileError.self) {
            try VisualWakeWords([file, file], minival: [1], minivalPath: "ids.txt")
        }
        #expect(error?.reason.contains("another file") == true)
    }

    @Test(arguments: [
        ("1\nx\n", "line 2"), ("1\n-2\n", "line 2"), ("5\n\n5", "line 3"), ("\n\n", "line 1"),
        ("99999999999999999999", "line 1"),
    ])
    func badListsOfIdsAreExplained(text: String, field: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.put(Array(text.utf8))
        let error = #expect(throws: FileError.self) { try readIdentifiers(path) }
        #expect(error?.field == field)
    }

    @Test func idsMayHaveWindowsLineEnds() throws {
        let folder = try TemporaryFolder()
        #expect(try readIdentifiers(try folder.put(Array("1\r\n22\r\n".utf8))) == [1, 22])
    }
}
