import Datasets
import FileFormats
import Foundation
import TestSupport
import Testing

/// Pictures in every layout that people bring, and in those that are none.
@Suite struct PictureFolderTests {
    private let root: TemporaryFolder

    init() throws { root = try TemporaryFolder() }

    private func write(_ paths: String...) throws {
        for path in paths {
            let url = root.url.appending(path: path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data("x".utf8).write(to: url)
        }
    }

    private func heap(_ counts: [String: Int], under folder: String = "") throws {
        for (name, count) in counts {
            for number in 0..<count { try write("\(folder)\(name)/\(number).jpg") }
        }
    }

    private func load(
        _ inside: String = "", _ settings: PreparationSettings = PreparationSettings()
    ) throws -> ImageDataset {
        try DatasetCatalog.named("folder:" + root.path + inside).prepared(with: settings)
            .load(environment: [:])
    }

    private func split(_ validation: ValidationSplit) -> PreparationSettings {
        var settings = PreparationSettings()
        settings.validation = validation
        return settings
    }

    @Test(arguments: ["val", "valid", "validation", "test"])
    func theSecondSplitHasAnyOfItsNames(name: String) throws {
        try heap(["a": 3, "b": 2], under: "train/")
        try heap(["a": 1, "b": 1], under: name + "/")
        let data = try load()
        #expect(data.train.count == 5)
        #expect(data.test.count == 2)
        #expect(data.splitList == nil)
    }

    @Test func valIsTakenBeforeTestAndThatIsSaid() throws {
        for split in ["train/", "test/", "val/"] { try heap(["a": 1, "b": 1], under: split) }
        let data = try load()
        #expect(data.test.images == .files(["a", "b"].map { root.path + "/val/\($0)/0.jpg" }))
        #expect(data.notes().contains("val is used for validation, not test"))
    }

    @Test(arguments: ["", "train/"])
    func aHeapIsSplitByClass(folder: String) throws {
        try heap(["a": 50, "b": 20, "c": 2, "d": 1], under: folder)
        let data = try load()
        #expect(data.classNames == ["a", "b", "c", "d"])
        #expect(data.trainingCounts() == [40, 16, 1, 1])
        #expect(data.test.labels.count { $0 == 0 } == 10)
        #expect(data.test.labels.count { $0 == 2 } == 1)
        let list = try #require(data.splitList)
        #expect(Set(list.training).isDisjoint(with: list.validation))
        #expect(list.training.count + list.validation.count == 73)
        #expect(list.validation.allSatisfy { $0.hasPrefix(folder) })
    }

    @Test func aSplitDependsOnTheSeedAndNotOnOtherPictures() throws {
        try heap(["a": 40, "b": 40])
        let first = try load("", split(.share(0.25, seed: 1)))
        let again = try load("", split(.share(0.25, seed: 1)))
        let other = try load("", split(.share(0.25, seed: 2)))
        #expect(first.splitList == again.splitList)
        #expect(first.splitList != other.splitList)
        #expect(first.test.count == 20)
        // A picture that comes later moves at most the one that it takes the place of.
        try write("a/new.jpg")
        let grown = try load("", split(.share(0.25, seed: 1)))
        let before = Set(try #require(first.splitList).validation)
        let after = Set(try #require(grown.splitList).validation)
        #expect(before.subtracting(after).count <= 1)
    }

    @Test func aRunsOwnListIsKept() throws {
        try heap(["a": 5, "b": 5])
        let wanted = ["a/1.jpg", "b/4.jpg"]
        let data = try load("", split(.listed(wanted)))
        #expect(data.splitList?.validation == wanted)
        try FileManager.default.removeItem(atPath: root.path + "/a/1.jpg")
        let error = try #require(throws: DatasetError.self) {
            try load("", split(.listed(wanted)))
        }
        #expect(
            error.description.contains("1 of the run's 2 validation pictures are missing: a/1.jpg"))
    }

    @Test func allPicturesAreEvaluated() throws {
        try heap(["a": 5, "b": 5])
        #expect(try load("", split(.all)).test.count == 10)
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        let files: [String]
        let mention: String
        var testDescription: String { mention }
    }

    @Test(arguments: [
        Bad(files: ["README"], mention: "neither pictures nor class folders"),
        Bad(files: ["1.jpg", "2.jpg"], mention: "2 pictures are in no class folder"),
        Bad(files: ["val/a/1.jpg", "val/b/1.jpg"], mention: "contains val, but no train"),
        Bad(files: ["cats/1.jpg"], mention: "one class folder, cats"),
        Bad(files: ["train/cats/1.jpg", "val/cats/1.jpg"], mention: "one class folder, cats"),
        Bad(files: ["set/train/a/1.jpg", "set/val/a/1.jpg"], mention: "/set."),
        Bad(
            files: ["train/a/1.jpg", "train/b/1.jpg", "val/a/1.jpg", "val/c/1.jpg"],
            mention: "train has no class c"),
        Bad(files: ["a/1.jpg", "b/1.jpg"], mention: "no class has a second picture"),
        Bad(files: ["a/1.jpg", "a/2.jpg", "b/notes.txt"], mention: "no images of class b"),
    ])
    func whatIsNoLayoutSaysWhatIsThere(bad: Bad) throws {
        for file in bad.files { try write(file) }
        let error = try #require(throws: DatasetError.self) { try load() }
        #expect(error.description.contains(bad.mention), "\(error)")
        #expect(error.description.split(separator: "\n").count <= 3)
        #expect(error.category == .malformedData)
    }

    @Test func aShareIsRefusedBesideASecondSplit() throws {
        for split in ["train/", "val/"] { try heap(["a": 2, "b": 2], under: split) }
        let error = try #require(throws: DatasetError.self) {
            try load("", split(.share(0.5, seed: 0)))
        }
        #expect(error.description.contains("validation split, val"))
        #expect(throws: PreparationSettingsError.self) {
            try DatasetCatalog.named("CIFAR10").prepared(with: split(.share(0.5, seed: 0)))
        }
    }
}
