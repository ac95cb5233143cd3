import Datasets
import FileFormats
import Foundation
import TestSupport
import Testing

let fixtures = Bundle.module.bundlePath + "/Fixtures"

/// The bytes of a split that is held in memory.
func pixels(_ split: ImageSplit) throws -> [UInt8] {
    guard case .pixels(let array) = split.images else { throw CocoaError(.featureUnsupported) }
    return array.bytes
}

@Suite struct DatasetFilesTests {
    @Test func readsTorchvisionsLayoutPlainAndZipped() throws {
        let dataset = try DatasetCatalog.named("fashion-mnist")
            .load(dataDirectory: fixtures, environment: [:])
        #expect(dataset.name == "FashionMNIST")
        #expect(dataset.folder == fixtures + "/FashionMNIST/raw")
        #expect(dataset.train.count == 20 && dataset.test.count == 7)
        #expect(dataset.train.labels == (0..<20).map { Int32($0 % 10) })
        #expect(try pixels(dataset.train).count == 20 * 784)
        #expect(dataset.classNames.count == 10 && dataset.classNames[9] == "Ankle boot")
    }

    /// From the package that `make test` installs.
    @Test func readsDebiansFashionMNIST() throws {
        let dataset = try DatasetCatalog.named("FashionMNIST").load(environment: [:])
        #expect(dataset.train.count == 60_000 && dataset.test.count == 10_000)
        #expect(dataset.train.labels.prefix(10) == [9, 0, 0, 3, 0, 2, 7, 2, 5, 5])
        #expect(dataset.test.labels.prefix(10) == [9, 2, 1, 1, 6, 1, 4, 6, 5, 7])
        let sum = try pixels(dataset.train).reduce(0) { $0 + Int($1) }
        // The published mean, 0.2860, to all digits.
        #expect(abs(Double(sum) / 255 / (60_000 * 784) - 0.28604) < 1e-5)
        for label in 0..<Int32(10) {
            #expect(dataset.train.labels.count(where: { $0 == label }) == 6_000)
        }
    }

    @Test func namesMatchWithoutCaseAndDashes() throws {
        #expect(try DatasetCatalog.named("Fashion_MNIST").name == "FashionMNIST")
        #expect(try DatasetCatalog.named("mnist").name == "MNIST")
        let error = try #require(throws: DatasetError.self) {
            try DatasetCatalog.named("fashoin-mnist")
        }
        #expect(error.description.contains("Did you mean 'FashionMNIST'?"))
        #expect(error.category.exitCode == 64)
    }

    /// A place that was named is the only one.
    @Test(arguments: [
        ("/given", "/variable", ["/given/MNIST/raw", "/given/MNIST", "/given/mnist", "/given"]),
        (
            nil, "/variable",
            ["/variable/MNIST/raw", "/variable/MNIST", "/variable/mnist", "/variable"]
        ),
        (
            nil, "",
            [
                "/home/me/.cache/lls/data/MNIST/raw", "/home/me/.cache/lls/data/MNIST",
                "/home/me/.cache/lls/data/mnist", "/home/me/.cache/lls/data",
                "/usr/share/datasets/mnist",
            ]
        ),
    ])
    func looksInTheNamedFolderOrTheUsualOnes(
        given: String?, variable: String, expected: [String]
    ) throws {
        let folders = try DatasetCatalog.named("mnist").searchFolders(
            dataDirectory: given, environment: ["LLS_DATA": variable, "HOME": "/home/me"])
        #expect(folders == expected)
    }

    @Test func filesWithADotAreTheSameFiles() throws {
        let (plain, dotted) = (try TemporaryFolder(), try TemporaryFolder())
        for split in ["train", "t10k"] {
            for (kind, bytes) in [
                (
                    "images-idx3",
                    [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 28, 0, 0, 0, 28]
                        + [UInt8](repeating: 9, count: 784)
                ), ("labels-idx1", [0, 0, 8, 1, 0, 0, 0, 1, 3]),
            ] {
                _ = try plain.put(bytes, as: "\(split)-\(kind)-ubyte")
                _ = try dotted.put(
                    bytes, as: "\(split)-\(kind)-ubyte".replacing("-idx", with: ".idx"))
            }
        }
        let sets = try [plain, dotted].map {
            try DatasetCatalog.named("MNIST").load(dataDirectory: $0.path, environment: [:])
        }
        #expect(sets[0].train == sets[1].train && sets[0].test == sets[1].test)
    }

    @Test func aFolderOfAnotherDataSetIsNotTaken() throws {
        let folder = fixtures + "/FashionMNIST/raw"
        let mnist = try DatasetCatalog.named("mnist")
        #expect(throws: DatasetError.self) {
            try mnist.load(dataDirectory: folder, environment: [:])
        }
        let fashion = try DatasetCatalog.named("fashionmnist")
        #expect(try fashion.load(dataDirectory: folder, environment: [:]).train.count == 20)
    }

    @Test func aMissingDataSetNamesEveryFolder() throws {
        let folder = try TemporaryFolder()
        let place = folder.path + "/.cache/lls/data"
        try FileManager.default.createDirectory(
            atPath: place, withIntermediateDirectories: true)
        try Data([0]).write(to: URL(filePath: place + "/train-images-idx3-ubyte"))
        let mnist = try DatasetCatalog.named("mnist")
        let error = try #require(throws: DatasetError.self) {
            try mnist.load(environment: ["HOME": folder.path])
        }
        #expect(error.category.exitCode == 66)
        for path in [place + "/MNIST/raw", "/usr/share/datasets/mnist", folder.path] {
            #expect(error.description.contains(path))
        }
        #expect(error.description.contains("lacks train-labels-idx1-ubyte"))
        #expect(error.description.split(separator: "\n").count == 2)
    }

    /// Fashion-MNIST is in a system's place, and is not taken from there.
    @Test(arguments: [true, false])
    func aNamedPlaceIsNeverReplaced(byFlag: Bool) throws {
        let folder = try TemporaryFolder()
        _ = try folder.put([0], as: "train-images-idx3-ubyte")
        for place in [folder.path, folder.path + "/none"] {
            let error = try #require(throws: DatasetError.self) {
                try DatasetCatalog.named("FashionMNIST").locate(
                    dataDirectory: byFlag ? place : nil,
                    environment: ["LLS_DATA": byFlag ? "/usr/share/datasets" : place])
            }
            let text = error.description
            #expect(text.contains(place) && !text.contains("/usr/share"), "\(text)")
            #expect(text.contains(byFlag ? "that folder was named" : "$LLS_DATA names"))
            #expect(
                text.contains(
                    place == folder.path
                        ? "lacks train-labels-idx1-ubyte, t10k-images-idx3-ubyte"
                        : "which is not a folder"))
            #expect(text.split(separator: "\n").count == 3)
        }
    }

    @Test func aFolderOfOnesOwnHasNoOtherPlace() throws {
        let mine = try DatasetCatalog.named("folder:p2")
        let error = try #require(throws: DatasetError.self) {
            try mine.locate(dataDirectory: "/photos", environment: [:])
        }
        #expect(error.category.exitCode == 64)
        #expect(error.description.contains("folder:/photos/p2"), "\(error)")
    }

    @Test func aFolderThatIsThereIsGuessed() throws {
        let folder = try TemporaryFolder()
        let error = try #require(throws: DatasetError.self) {
            try DatasetCatalog.named(folder.path)
        }
        #expect(error.description.contains("Did you mean 'folder:\(folder.path)'?"))
    }

    /// The same bytes, packed by others.
    @Test func contentsAreComparedHoweverTheyArePacked() throws {
        let fashion = try DatasetCatalog.named("FashionMNIST")
        let debian = "/usr/share/datasets/fashion-mnist"
        let folder = try TemporaryFolder()
        for name in try FileManager.default.contentsOfDirectory(atPath: debian) {
            try FileManager.default.copyItem(
                atPath: debian + "/" + name, toPath: folder.path + "/" + name)
        }
        let places = [
            try fashion.locate(environment: [:]),
            try fashion.locate(dataDirectory: folder.path, environment: [:]),
        ]
        for place in places {
            let result = fashion.compareContents(place)
            #expect(result.compared == 4 && result.problems.isEmpty, "\(result)")
        }
        // One wrong label, packed as before.
        let labels = try ByteReader(folder.path + "/t10k-labels-idx1-ubyte.gz")
            .read(10_008, field: "labels")
        try FileManager.default.removeItem(atPath: folder.path + "/t10k-labels-idx1-ubyte.gz")
        _ = try folder.put(
            labels.dropLast() + [labels.last == 1 ? 2 : 1], as: "t10k-labels-idx1-ubyte")
        let changed = fashion.compareContents(
            try fashion.locate(dataDirectory: folder.path, environment: [:]))
        #expect(changed.compared == 4 && changed.problems.count == 1)
        #expect(changed.problems.first?.path.hasSuffix("t10k-labels-idx1-ubyte") == true)
    }
}

/// What a file of images or labels can have wrong although it is good IDX.
@Suite struct InconsistentFilesTests {
    private func idx(_ extents: [Int], _ elements: [UInt8]) -> [UInt8] {
        [0, 0, 8, UInt8(extents.count)]
            + extents.flatMap { extent in
                [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: extent >> $0) }
            } + elements
    }

    private func load(images: [UInt8], labels: [UInt8]) throws -> ImageDataset {
        let folder = try TemporaryFolder()
        for split in ["train", "t10k"] {
            _ = try folder.put(images, as: "\(split)-images-idx3-ubyte")
            _ = try folder.put(labels, as: "\(split)-labels-idx1-ubyte")
        }
        return try DatasetCatalog.named("mnist").load(
            dataDirectory: folder.path, environment: [:])
    }

    private func images(_ count: Int, _ height: Int = 28, _ width: Int = 28) -> [UInt8] {
        idx([count, height, width], [UInt8](repeating: 7, count: count * height * width))
    }

    @Test func soundFilesAreTaken() throws {
        let dataset = try load(images: images(2), labels: idx([2], [9, 0]))
        #expect(dataset.train.labels == [9, 0] && dataset.test.count == 2)
    }

    @Test func theFieldAndItsOffsetAreNamed() throws {
        let cases: [(images: [UInt8], labels: [UInt8], field: String, offset: Int)] = [
            (images(2), idx([3], [1, 2, 3]), "extent 0", 4),
            (images(2), idx([1], [1]), "extent 0", 4),
            (images(2), idx([2], [9, 10]), "label 1", 9),
            (images(2), idx([2], [255, 0]), "label 0", 8),
            (images(2, 27, 28), idx([2], [1, 2]), "image size", 8),
            (images(2, 28, 32), idx([2], [1, 2]), "image size", 8),
            (images(0), idx([0], []), "extent 0", 4),
            (idx([2], [1, 2]), idx([2], [1, 2]), "number of dimensions", 3),
            (images(2), images(2), "number of dimensions", 3),
        ]
        for (index, wrong) in cases.enumerated() {
            let error = try #require(throws: FileError.self, "case \(index)") {
                try load(images: wrong.images, labels: wrong.labels)
            }
            #expect(error.category == .malformedData, "case \(index)")
            #expect(error.field == wrong.field && error.offset == wrong.offset, "case \(index)")
        }
    }
}
