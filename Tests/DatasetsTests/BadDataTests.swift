import Datasets
import FileFormats
import Foundation
import Images
import Synchronization
import TestSupport
import Testing

/// A copy of one of the small data sets, to be damaged.
private struct Copy {
    let root: TemporaryFolder
    let folder: String

    init(_ name: String) throws {
        root = try TemporaryFolder()
        folder = root.path + "/" + (name as NSString).lastPathComponent
        try FileManager.default.copyItem(atPath: readers + "/" + name, toPath: folder)
    }

    func put(_ bytes: [UInt8], _ file: String) throws {
        let url = URL(filePath: folder + "/" + file)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    func bytes(_ file: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: folder + "/" + file)))
    }

    func load(_ name: String) throws -> ImageDataset {
        try DatasetCatalog.named(name).load(dataDirectory: root.path, environment: [:])
    }

    func verify(_ name: String) throws -> [DatasetProblem] {
        try DatasetCatalog.named(name).verify(dataDirectory: root.path, environment: [:])
    }
}

@Suite struct BadCIFARTests {
    @Test func theFieldAndItsOffsetAreNamed() throws {
        let whole = try Copy("cifar-10-batches-bin").bytes("data_batch_4.bin")
        var wrongLabel = whole
        wrongLabel[3073] = 10
        let cases: [([UInt8], field: String, offset: Int)] = [
            (Array(whole.dropLast()), "record 1", 3073),
            (whole + [0], "record 2", 6146),
            ([], "record 0", 0),
            (Array(whole.prefix(100)), "record 0", 0),
            (wrongLabel, "label 1", 3073),
        ]
        for (bytes, field, offset) in cases {
            let copy = try Copy("cifar-10-batches-bin")
            try copy.put(bytes, "data_batch_4.bin")
            let error = try #require(throws: FileError.self) { try copy.load("CIFAR10") }
            #expect(error.category == .malformedData && error.path.hasSuffix("data_batch_4.bin"))
            #expect(error.field == field && error.offset == offset, "\(error)")
        }
    }

    @Test func verifyListsEveryBadFile() throws {
        let copy = try Copy("cifar-10-batches-bin")
        try copy.put([1, 2, 3], "data_batch_2.bin")
        try copy.put([UInt8](repeating: 200, count: 3073), "test_batch.bin")
        let problems = try copy.verify("CIFAR10")
        #expect(problems.count == 2)
        #expect(problems[0].path.hasSuffix("data_batch_2.bin"))
        #expect(problems[1].reason.contains("class 200"))
    }

    @Test func damagedArchivesAreTypedErrors() throws {
        let whole = try Copy("archives").bytes("cifar-100-binary.tar.gz")
        var damaged = whole
        damaged[whole.count / 2] ^= 0xFF
        let other = try Copy("archives").bytes("cifar-10-binary.tar.gz")
        for bytes in [Array(whole.dropLast(20)), damaged, [], [0x1F, 0x8B], other] {
            let copy = try Copy("archives")
            try copy.put(bytes, "cifar-100-binary.tar.gz")
            let error = try #require(throws: FileError.self) {
                try DatasetCatalog.named("CIFAR100")
                    .load(dataDirectory: copy.folder, environment: [:])
            }
            #expect(error.category == .malformedData, "\(error)")
            #expect(error.path.contains("cifar-100-binary.tar.gz"))
        }
    }
}

@Suite struct BadFoldersTests {
    @Test func anEmptyClassIsNamed() throws {
        let copy = try Copy("imagenette2-160")
        try copy.put(Array("no image".utf8), "train/n09999999/notes.txt")
        try copy.put([], "val/n01440764/.hidden.jpg")
        try expectUnusable(copy, "IMAGENETTE", path: "/train", mention: "class n09999999")
    }

    @Test func aClassThatTrainLacksIsNamed() throws {
        let copy = try Copy("imagenette2-160")
        try copy.put([0xFF], "val/n09999999/a.jpg")
        try expectUnusable(copy, "IMAGENETTE", path: "/val", mention: "no class n09999999")
    }

    @Test func aFolderWithoutClassesIsNamed() throws {
        let copy = try Copy("imagenette2-160")
        try FileManager.default.removeItem(atPath: copy.folder + "/val")
        try copy.put([0xFF], "val/a.jpg")
        try expectUnusable(copy, "IMAGENETTE", path: "/val", mention: "no class folder")
    }

    private func expectUnusable(
        _ copy: Copy, _ name: String, path: String, mention: String
    ) throws {
        let error = try #require(throws: DatasetError.self) { try copy.load(name) }
        #expect(error.category == .malformedData)
        #expect(error.description.hasPrefix(copy.folder + path + ": "), "\(error)")
        #expect(error.description.contains(mention), "\(error)")
        #expect(error.description.split(separator: "\n").count <= 3)
        #expect(try copy.verify(name).first?.reason.contains(mention) == true)
    }

    @Test(arguments: [
        ("val_0.JPEG\tn01641577\t0\t0\t1\t1\n", "does not name val_1.JPEG"),
        ("", "does not name"),
        ("val_0.JPEG\n", "line 1"),
        ("val_0.JPEG\tn77777777\t0\n", "train has no class n77777777"),
        ("val_9.JPEG\tn01641577\t0\n", "missing image"),
        ("val_0.JPEG\tn01641577\nval_0.JPEG\tn01443537\n", "appears twice"),
        ("../../x.JPEG\tn01641577\n", "missing image"),
    ])
    func annotationsThatDoNotFitAreNamed(text: String, mention: String) throws {
        let copy = try Copy("tiny-imagenet-200")
        try copy.put(Array(text.utf8), "val/val_annotations.txt")
        let error = try #require(throws: FileError.self) { try copy.load("TinyIMAGENET") }
        #expect(error.category == .malformedData && error.path.hasSuffix("val_annotations.txt"))
        #expect(error.description.contains(mention), "\(error)")
    }

    @Test func anImageThatALabelFileNamesAndNobodyHasIsNamed() throws {
        let copy = try Copy("coco2014")
        let image = "COCO_val2014_000000000061.jpg"
        try FileManager.default.removeItem(atPath: copy.folder + "/val2014/" + image)
        let error = try #require(throws: DatasetError.self) { try copy.load("VWW") }
        #expect(error.category == .malformedData)
        #expect(error.description.contains("instances_val.json: it names \(image)"), "\(error)")
    }

    /// A link to a folder above would be followed for ever.
    @Test func aCircleOfLinksEnds() throws {
        let copy = try Copy("imagenette2-160")
        try FileManager.default.createSymbolicLink(
            atPath: copy.folder + "/train/n01440764/loop", withDestinationPath: "..")
        #expect(try copy.load("IMAGENETTE").train.count == 6)
    }
}

@Suite struct BadImagesTests {
    /// Bad images among good ones, and how each is called.
    private func damaged() throws -> Copy {
        let copy = try Copy("imagenette2-160")
        let image = try copy.bytes("train/n01440764/n01440764_0.JPEG")
        try copy.put([], "train/n01440764/empty.jpg")
        try copy.put(Array(image.prefix(image.count / 2)), "train/n02979186/half.jpg")
        try copy.put(Array("RIFF WEBP".utf8), "val/n02979186/x.webp")
        return copy
    }
    private let names = ["empty.jpg", "half.jpg", "x.webp"]

    @Test func verifyListsAllOfThemInOnePass() throws {
        let copy = try damaged()
        let calls = Mutex(0)
        let problems = try DatasetCatalog.named("IMAGENETTE").verify(
            dataDirectory: copy.root.path, environment: [:],
            progress: { done, total in
                calls.withLock { $0 += 1 }
                #expect(done == 18 && total == 18)
            })
        #expect(problems.dropFirst().map { ($0.path as NSString).lastPathComponent } == names)
        #expect(
            problems.dropFirst().map(\.reason) == [
                "the file is empty", "it is cut off", "it is not JPEG, PNG, WebP, BMP, GIF or TIFF",
            ])
        #expect(calls.withLock(\.self) == 1)
    }

    @Test(arguments: [1, 4])
    func anErrorOfAThreadReachesTheConsumer(threads: Int) throws {
        let copy = try damaged()
        defer { withExtendedLifetime(copy) {} }
        let dataset = try copy.load("IMAGENETTE")
        let ahead = try PrefetchingLoader(
            .training(dataset, seed: 0, batchSize: 2), epochs: 0..<1000, threads: threads)
        let error = try #require(throws: ImageError.self) {
            while try ahead.withNextBatch({ $0.count }) != nil {}
        }
        #expect(names.contains((error.path as NSString).lastPathComponent))
        #expect(throws: ImageError.self) { try ahead.withNextBatch { $0.count } }
        ahead.stop()
    }

    @Test func theyCanBeLeftOut() throws {
        let copy = try damaged()
        defer { withExtendedLifetime(copy) {} }
        let dataset = try copy.load("IMAGENETTE")
        let bad = dataset.findBadImages(threads: 3)
        #expect(bad.map { ($0.path as NSString).lastPathComponent } == names)
        #expect(bad.map(\.isTraining) == [true, true, false])
        let error = BadImagesError(bad)
        #expect(error.category.exitCode == 65)
        #expect(names.allSatisfy(error.description.contains))
        let sound = dataset.leavingOut(bad)
        let untouched = try DatasetCatalog.named("IMAGENETTE")
            .load(dataDirectory: readers, environment: [:])
        #expect(sound.train.labels == untouched.train.labels)
        #expect(sound.test.labels == untouched.test.labels)
        #expect(sound.findBadImages().isEmpty)
    }

    @Test func anImageOfAnotherSizeIsRefusedWhereNothingResizes() throws {
        let copy = try Copy("tiny-imagenet-200")
        let other = try Copy("imagenette2-160").bytes("train/n01440764/n01440764_0.JPEG")
        try copy.put(other, "val/images/val_2.JPEG")
        let dataset = try copy.load("TinyIMAGENET")
        let bad = dataset.findBadImages()
        #expect(bad.map(\.reason) == ["160 × 165 pixels, but 64 × 64 are needed"])
    }

    @Test func filesGiveTheSameBytesWithOneThreadAndFour() throws {
        let dataset = try DatasetCatalog.named("IMAGENETTE")
            .load(dataDirectory: readers, environment: [:])
        var plain = BatchLoader.training(dataset, seed: 9, batchSize: 4)
        for threads in [1, 4] {
            let ahead = try PrefetchingLoader(
                plain, epochs: 1..<3, threads: threads, bytes: 1 << 21)
            for epoch in 1..<3 {
                for index in 0..<plain.batchCount {
                    let expected = try Batch(&plain, epoch: epoch, batch: index)
                    let same = try ahead.withNextBatch { batch in
                        batch.images.elementsEqual(expected.images)
                            && batch.labels.elementsEqual(expected.labels)
                    }
                    #expect(same == true, "\(threads) threads, epoch \(epoch), batch \(index)")
                }
            }
        }
    }
}
