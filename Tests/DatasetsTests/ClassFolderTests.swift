import Datasets
import FileFormats
import Foundation
import TestSupport
import Testing

/// Pictures of one's own in class folders, as cameras, desktops and people leave them.
@Suite struct ClassFolderTests {
    private let root: TemporaryFolder

    init() throws { root = try TemporaryFolder() }

    private func load() throws -> ImageDataset {
        try DatasetCatalog.named("folder:" + root.path).load(environment: [:])
    }

    private func write(_ path: String) throws {
        let url = root.url.appending(path: path)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data("x".utf8).write(to: url)
    }

    private func link(_ path: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(
            atPath: root.path + "/" + path, withDestinationPath: target)
    }

    @Test func linkedFoldersAreFollowed() throws {
        try TinyPictures.write(to: root.path, classes: ["a", "b"])
        let elsewhere = try TemporaryFolder()
        try TinyPictures.write(to: elsewhere.path, classes: ["more", "c"])
        defer { withExtendedLifetime(elsewhere) {} }
        try link("train/a/more", to: elsewhere.path + "/train/more")
        try link("train/c", to: elsewhere.path + "/train/c")
        let data = try load()
        #expect(data.classNames == ["a", "b", "c"])
        #expect(
            data.train.labels == [Int32](repeating: 0, count: 12) + [1, 1, 1, 1, 1, 1]
                + [2, 2, 2, 2, 2, 2])
    }

    /// Through any number of links each folder is looked into once, and none above the class.
    @Test func circlesOfLinksEnd() throws {
        try TinyPictures.write(to: root.path, classes: ["a", "b"])
        for number in 0..<12 { try write("train/a/deep/\(number)/x.jpg") }
        for from in 0..<12 {
            for to in 0..<12 { try link("train/a/deep/\(from)/to\(to)", to: "../\(to)") }
        }
        try link("train/a/deep/0/up", to: root.path + "/train")
        try link("train/a/deep/0/top", to: "/")
        #expect(try load().train.labels.count { $0 == 0 } == 6 + 12)
    }

    @Test func whatIsLeftOutIsCountedByKind() throws {
        try TinyPictures.write(to: root.path, classes: ["a", "b"])
        for name in [
            "train/a/1.svg", "train/b/2.SVG", "train/b/in/3.svg", "val/a/4.heic", "train/b/README",
            "train/a/._1.jpg", "train/b/Thumbs.db", "train/.hidden/5.svg", "train/beside.jpg",
        ] {
            try write(name)
        }
        try link("val/b/gone", to: "/no/such/place")
        let data = try load()
        #expect(
            data.leftOutOfTrain.counts == [
                ".svg": 3, "without ending": 1, "images beside the class folders": 1,
            ])
        #expect(data.leftOutOfTest.counts == [".heic": 1, "broken link": 1])
        let notes = data.notes()
        #expect(notes.count == 1)
        let note = try #require(notes.first)
        #expect(note.contains("3 .svg") && note.contains("1 .heic"), "\(note)")
        #expect(note.contains("first \(root.path)/train/a/1.svg"), "\(note)")
        #expect(data.notes(isTrained: false).first?.contains(".svg") == false)
    }

    @Test func aClassOfOtherKindsSaysWhich() throws {
        try TinyPictures.write(to: root.path, classes: ["a", "b"])
        for number in 0..<3 { try write("train/c/\(number).heic") }
        let error = try #require(throws: DatasetError.self) { try load() }
        #expect(error.description.contains("no images of class c, but 3 .heic"), "\(error)")
    }

    /// é of one scalar and é of two are equal strings in Swift and two folders on disk, and a name
    /// need not be UTF-8.
    @Test func namesAreBytes() throws {
        let names: [[UInt8]] = [
            Array("caf\u{65}\u{301}".utf8), Array("caf\u{e9}".utf8), [0x63, 0xE9], [0xFF],
        ]
        try TinyPictures.write(to: root.path, classes: names, train: 2, test: 1)
        let data = try load()
        #expect(
            data.classNames.map(\.pathBytes) == names.sorted { $0.lexicographicallyPrecedes($1) })
        #expect(data.train.labels == [0, 0, 1, 1, 2, 2, 3, 3] && data.test.labels == [0, 1, 2, 3])
        #expect(data.findBadImages().isEmpty)
    }

    @Test func aMissingClassOfTheTestSplitIsSaid() throws {
        try TinyPictures.write(to: root.path, classes: ["a", "b", "c"])
        try FileManager.default.removeItem(atPath: root.path + "/val/b")
        #expect(try load().notes() == ["no test samples of b"])
    }

    @Test func tinyImageNetsImagesMayBeSortedWhereTheyAre() throws {
        let copy = root.path + "/tiny-imagenet-200"
        try FileManager.default.copyItem(
            atPath: readers + "/sorted/tiny-imagenet-200", toPath: copy)
        for name in try FileManager.default.contentsOfDirectory(atPath: copy + "/val") {
            try FileManager.default.createDirectory(
                atPath: copy + "/val/images", withIntermediateDirectories: true)
            try FileManager.default.moveItem(
                atPath: copy + "/val/" + name, toPath: copy + "/val/images/" + name)
        }
        let tiny = try DatasetCatalog.named("TinyIMAGENET")
        #expect(
            try tiny.load(dataDirectory: root.path, environment: [:]).test.labels == [0, 0, 1, 2])
        // With the annotations still there.
        try Data("val_0.JPEG\tn01641577\n".utf8)
            .write(to: URL(filePath: copy + "/val/val_annotations.txt"))
        let data = try tiny.load(dataDirectory: root.path, environment: [:])
        #expect(
            data.test.labels == [0, 0, 1, 2] && data.notes().allSatisfy { !$0.contains(".txt") })
    }
}

/// `--limit-train` and `--limit-test`.
@Suite struct LimitTests {
    private func split(_ labels: [Int32]) -> ImageSplit {
        ImageSplit(files: labels.map { "\($0)" }, labels: labels)
    }

    @Test(arguments: [1, 2, 3, 4, 7, 10, 20, 29, 30])
    func eachClassKeepsItsShare(limit: Int) throws {
        let counts = [15, 10, 5]
        let split = split(counts.enumerated().flatMap { [Int32](repeating: Int32($0), count: $1) })
        let places = split.places(limit: limit) ?? Array(0..<30)
        #expect(places.count == limit && places == places.sorted())
        for (label, count) in counts.enumerated() {
            let kept = places.filter { split.labels[Int($0)] == Int32(label) }
            #expect(abs(Double(kept.count) - Double(count * limit) / 30) < 1)
            // The first of the class.
            let first = split.labels.firstIndex(of: Int32(label)) ?? 0
            #expect(kept == (0..<kept.count).map { Int32(first + $0) })
        }
    }

    @Test func mixedClassesKeepTheirOrder() {
        let split = split((0..<100).map { Int32($0 % 10) })
        #expect(split.places(limit: 30) == Array(0..<30))
        #expect(split.places(limit: 100) == nil && split.places(limit: 1000) == nil)
    }

    @Test func theLoaderTakesThemAlone() throws {
        let split = split([0, 0, 0, 0, 1, 1, 1, 1])
        let shape = SampleShape(height: 1, width: 1, channels: 1)
        let normalization = Normalization(mean: [0], standardDeviation: [1])
        let tested = BatchLoader(
            split, shape: shape, normalization: normalization, batchSize: 2, limit: 4)
        #expect(tested.order(epoch: 1) == [0, 1, 4, 5] && tested.batchCount == 2)
        let trained = BatchLoader(
            split, shape: shape, normalization: normalization, seed: 5, batchSize: 2, limit: 4)
        #expect(trained.order(epoch: 1).sorted() == [0, 1, 4, 5])
    }

    @Test func emptiedClassesAreSaid() throws {
        let root = try TemporaryFolder()
        try TinyPictures.write(to: root.path, classes: ["a", "b", "c"])
        let data = try DatasetCatalog.named("folder:" + root.path).load(environment: [:])
        #expect(data.notes(limitTrain: 2) == ["the limit of 2 training samples leaves none of c"])
        #expect(data.notes(limitTest: 1) == ["the limit of 1 test samples leaves none of b, c"])
        #expect(data.notes(limitTrain: 3, limitTest: 12).isEmpty)
    }
}

/// Labels by the names of classes.
@Suite struct ClassNameTests {
    private func data(_ names: [String]) -> ImageDataset {
        let split = ImageSplit(files: names, labels: names.indices.map(Int32.init))
        return ImageDataset(
            name: "x", classNames: names, train: split, test: split,
            shape: SampleShape(height: 1, width: 1, channels: 1),
            normalization: Normalization(mean: [0], standardDeviation: [1]), training: .none,
            testing: .none, folder: "")
    }

    @Test func labelsFollowTheNames() throws {
        let names = ["caf\u{e9}", "b", "cafe\u{301}"]
        let other = try data(["b", "cafe\u{301}", "caf\u{e9}"])
            .labelled(as: names, knownBy: "w")
        #expect(other.classNames.map { Array($0.utf8) } == names.map { Array($0.utf8) })
        #expect(other.train.labels == [1, 2, 0] && other.test.labels == [1, 2, 0])
    }

    @Test(arguments: [
        (["a", "b"], ["c"], []), (["a", "b", "c", "d"], [], ["d"]),
        (["a", "b", "d"], ["c"], ["d"]),
    ])
    func differencesAreNamed(names: [String], missing: [String], new: [String]) throws {
        let error = try #require(throws: ClassMismatchError.self) {
            try data(names).labelled(as: ["a", "b", "c"], knownBy: "w.safetensors")
        }
        #expect(error.missing == missing && error.new == new && error.category.exitCode == 65)
        #expect(error.description.contains("w.safetensors"))
        #expect((missing + new).allSatisfy(error.description.contains))
    }

    @Test func anotherNormalFormIsSaid() throws {
        let error = try #require(throws: ClassMismatchError.self) {
            try data(["caf\u{e9}"]).labelled(as: ["cafe\u{301}"], knownBy: "w")
        }
        #expect(error.description.contains("Unicode form"), "\(error)")
    }

    @Test func manyNamesStayInThreeLines() throws {
        let error = try #require(throws: ClassMismatchError.self) {
            try data((0..<1000).map { "new\($0)" })
                .labelled(as: (0..<1000).map { "old\($0)" }, knownBy: "w")
        }
        #expect(error.description.split(separator: "\n").count == 3)
        #expect(error.description.count < 400 && error.description.contains("and 996 more"))
    }
}
